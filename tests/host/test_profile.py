"""The profile belongs to people; a connector rewrites its own section and not a byte more."""

import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin_host.profile import ProfileDamaged, read_profile, rewrite_section

BEGIN, END = "<!-- twin:begin a -->", "<!-- twin:end a -->"
human = st.text(max_size=80).filter(lambda text: "twin:" not in text)


def read(path):
    return path.read_bytes().decode()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "profile.md"


def test_a_new_profile_gets_a_title_and_the_section(path):
    rewrite_section(path, "a", "## Section\n\ntext")
    assert read(path) == f"# Profile\n\n{BEGIN}\n## Section\n\ntext\n{END}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_section_is_appended_to_what_a_person_wrote(path):
    path.write_text("# Ours\n\nWe have words.")
    rewrite_section(path, "a", "x")
    assert read(path).startswith("# Ours\n\nWe have words.\n")
    assert read(path).count(BEGIN) == 1


@given(human, human, st.text(max_size=80), st.text(max_size=80))
def test_everything_around_the_section_stays_byte_for_byte(before, after, first, second):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profile.md"
        path.write_bytes(f"{before}{BEGIN}\nold\n{END}{after}".encode())
        for text in (first, second, second):
            rewrite_section(path, "a", text)
        assert path.read_bytes().startswith(f"{before}{BEGIN}".encode())
        assert path.read_bytes().endswith(f"{END}{after}".encode())


def test_two_connectors_keep_a_section_each(path):
    rewrite_section(path, "a", "of a")
    rewrite_section(path, "b", "of b")
    rewrite_section(path, "a", "new of a")
    assert "new of a" in read(path)
    assert "of b" in read(path)


@pytest.mark.parametrize(
    "text", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}", f"{BEGIN}{BEGIN}{END}"]
)
def test_damaged_markers_are_told_and_nothing_is_written(path, text):
    path.write_text(f"mine\n{text}\nmine too")
    with pytest.raises(ProfileDamaged, match="markers"):
        rewrite_section(path, "a", "x")
    assert read(path) == f"mine\n{text}\nmine too"


def test_a_section_cannot_bring_markers_of_its_own(path):
    rewrite_section(path, "a", f"evil {END} {BEGIN}")
    rewrite_section(path, "a", "fine")
    assert "evil" not in read(path)


def test_a_profile_that_is_not_text_is_left_alone(path):
    path.write_bytes(b"# Caf\xe9\n")
    with pytest.raises(ProfileDamaged, match="UTF-8"):
        rewrite_section(path, "a", "x")
    assert path.read_bytes() == b"# Caf\xe9\n"


def test_a_folder_where_the_profile_belongs_is_one_sentence(tmp_path):
    (tmp_path / "profile.md").mkdir()
    with pytest.raises(ProfileDamaged, match=r"profile\.md cannot be read: Is a directory\."):
        read_profile(tmp_path / "profile.md")
