// What a page cannot do without a script: follow a run, show a part that takes a while to know, and
// hide settings that the chosen credential does not use. Without it every page still works, on reload.

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

for (const place of document.querySelectorAll("[data-load]")) {
  fetch(place.dataset.load)
    .then((answer) => (answer.ok ? answer.text() : ""))
    .then((html) => {
      place.innerHTML = html || place.innerHTML;
    })
    .catch(() => {}); // the page is whole without it
}

function showFitting() {
  for (const part of document.querySelectorAll("[data-when]")) {
    const decider = document.querySelector(`[name="${part.dataset.when}"]`);
    part.hidden = decider !== null && decider.value !== part.dataset.is;
  }
}

document.addEventListener("change", showFitting);
showFitting();
