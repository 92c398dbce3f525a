"""What a forge reads: templates and the CI's jobs."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = [path for path in sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")) if path.stem != "config"]
JOBS = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))["jobs"]


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_a_form_asks_for_something_and_names_each_answer_once(form: Path) -> None:
    document = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(document)
    names = [field["id"] for field in document["body"] if field["type"] != "markdown"]
    assert len(names) == len(set(names)) > 0


@pytest.mark.parametrize("job", JOBS)
def test_jobs_call_what_there_is(job: str) -> None:
    commands = "\n".join(step.get("run", "") for step in JOBS[job]["steps"])
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([\w-]+)", commands)) <= targets
    for path in re.findall(r"--ignore (\S+)", commands):
        assert (ROOT / path).exists()


def test_three_systems_are_tried() -> None:
    assert {job["runs-on"].partition("-")[0] for job in JOBS.values()} == {"ubuntu", "macos", "windows"}
