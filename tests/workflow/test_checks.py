"""What is generated has not drifted, and the workflow is formatted and lints."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from crater_pipeline.configuration.column_tables import column_page
from crater_pipeline.configuration.documentation import configuration_reference, reduced, rule_graph, with_rule_graph
from tests.workflow.conftest import Checkout
from tests.workflow.test_rules import RULES

ROOT = Path(__file__).parents[2]
CONDA_NAMES = {"torch": "pytorch"}


def test_config_readme_has_not_drifted() -> None:
    assert (ROOT / "config" / "README.md").read_text() == configuration_reference(), "run `make docs`"


def test_page_of_columns_has_not_drifted() -> None:
    assert (ROOT / "docs" / "columns.md").read_text() == column_page(), "run `make docs`"


def test_rule_graph_in_the_readme_has_not_drifted() -> None:
    readme, graph = (ROOT / "README.md").read_text(), rule_graph()
    assert readme == with_rule_graph(readme, graph), "run `make docs`"
    assert set(re.findall(r"\w+", graph)) >= set(RULES), "documentation.GRAPH_TARGETS use every rule"


def test_transitive_reduction_keeps_reachability_only() -> None:
    assert reduced({("a", "b"), ("b", "c"), ("a", "c")}) == {("a", "b"), ("b", "c")}


def test_rule_graph_needs_its_markers() -> None:
    with pytest.raises(ValueError, match="markers"):
        with_rule_graph("# no markers", "graph")


def test_conda_environments_agree_with_pyproject() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {r.name: r.specifier for r in map(Requirement, project["dependencies"])}
    wanted = {CONDA_NAMES.get(name, name): specifier for name, specifier in wanted.items()}
    wanted["python"] = Requirement(f"python{project['requires-python']}").specifier
    for path in (ROOT / "envs").glob("*.yaml"):
        listed = [Requirement(line) for line in yaml.safe_load(path.read_text())["dependencies"]]
        assert {r.name: r.specifier for r in listed} == wanted, path.name


def test_snakemake_lints_clean(checkout: Checkout) -> None:
    assert "good condition" in checkout.snakemake("--lint").stderr


def test_workflow_is_formatted() -> None:
    subprocess.run([sys.executable, "-m", "snakefmt", "--check", "Snakefile", "workflow"], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", sorted((ROOT / "profiles").glob("*/config.yaml")), ids=lambda path: path.parent.name)
def test_profiles_compare_large_files_by_content(path: Path) -> None:
    profile = yaml.safe_load(path.read_text())
    assert profile["max-checksum-file-size"] > 10**10
    assert set(profile["rerun-triggers"]) >= {"mtime", "params", "input", "code"}
