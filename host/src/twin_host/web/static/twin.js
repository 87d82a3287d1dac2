// Two things that a page cannot do without a script: follow a run, and hide settings that the
// chosen credential does not use. Without it every page still works, on reload.

for (const place of document.querySelectorAll("[data-run]")) {
  const stream = new EventSource(place.dataset.run);
  stream.onmessage = (event) => {
    place.innerHTML = event.data;
  };
  stream.addEventListener("over", () => {
    stream.close();
    location.reload();
  });
}

function showFitting() {
  for (const part of document.querySelectorAll("[data-when]")) {
    const decider = document.querySelector(`[name="${part.dataset.when}"]`);
    part.hidden = decider !== null && decider.value !== part.dataset.is;
  }
}

document.addEventListener("change", showFitting);
showFitting();
