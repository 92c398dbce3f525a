"""Rules and steps agree: names, options, logs."""

import importlib
import inspect
import re
from pathlib import Path

import pytest
import yaml

from crater_pipeline.configuration.documentation import reachable

ROOT = Path(__file__).parents[2]
RULES = {
    match[1]: match[0]
    for path in sorted((ROOT / "workflow" / "rules").glob("*.smk"))
    for match in re.finditer(r"^rule (\w+):\n(?:(?:    .*)?\n)+", path.read_text(), re.MULTILINE)
}
NOT_RULES = {"demo", "fetch", "find", "qgis_provider", "review"}
"""Steps for the command line only."""


def test_every_step_is_a_rule_and_every_rule_a_step() -> None:
    steps = {path.stem for path in (ROOT / "crater_pipeline" / "steps").glob("[a-z]*.py")}
    assert set(RULES) == steps - NOT_RULES


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_gives_its_step_the_options_it_needs_and_no_others(rule: str) -> None:
    text = RULES[rule]
    shell = text.partition("shell:")[2]
    assert not re.findall(r"--[a-z0-9-]+ ", shell), "write --name=value: a value may begin with a hyphen"
    options = {name.replace("-", "_") for name in re.findall(r"--([a-z0-9-]+)", shell)}
    options |= {name.replace("-", "_") for name in re.findall(r'(?:option|repeated)\(\s*"([a-z0-9-]+)"', text)}
    options |= set(re.findall(r'flag\("(\w+)"', text))
    step = getattr(importlib.import_module(f"crater_pipeline.steps.{rule}"), rule)
    parameters = inspect.signature(step).parameters.values()
    assert {p.kind for p in parameters} == {inspect.Parameter.KEYWORD_ONLY}
    assert options <= {p.name for p in parameters}
    assert {p.name for p in parameters if p.default is inspect.Parameter.empty} <= options


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_has_its_steps_name_log_code_and_environment(rule: str) -> None:
    text = RULES[rule]
    assert f"python -m crater_pipeline.steps.{rule}" in text
    assert f'code=code("{rule}")' in text
    assert re.search(rf'"results/(logs/{rule}/.*|.*/logs/{rule}(_?\{{\w+\}})?)\.log"', text)
    assert '"../../envs/crater_pipeline.yaml"' in text
    assert "2>&1 | tee {log:q}" in text


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_says_how_much_of_a_machine_it_needs(rule: str) -> None:
    assert re.search(r"^    threads: [1-9]", RULES[rule], re.MULTILINE)
    assert re.search(r"^        mem_mb=(memory\()?[1-9]\d{3,4}\b", RULES[rule], re.MULTILINE)


def test_a_cluster_gives_every_rule_that_trains_or_searches_hours() -> None:
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    least = int(dict(each.split("=") for each in profile["default-resources"])["runtime"])
    long = {rule for rule, text in RULES.items() if "gpu=" in text}
    hours = {rule: re.search(r"^        runtime=(\d+)", RULES[rule], re.MULTILINE) for rule in long}
    assert long >= {"train", "detect"}
    assert {rule for rule, found in hours.items() if found and int(found[1]) > least} == long


def test_a_cluster_without_gpus_is_told_of_every_rule_that_asks_for_one() -> None:
    told = re.findall(r"(\w+):gpu=0", (ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    assert set(told) == {rule for rule, text in RULES.items() if "gpu=" in text}


def test_groups_consist_of_rules_and_no_way_leads_out_of_one_and_back() -> None:
    groups = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())["groups"]
    assert set(groups) <= set(RULES)
    arrows = set(re.findall(r"^    (\w+) --> (\w+)$", (ROOT / "README.md").read_text(), re.MULTILINE))
    for group in set(groups.values()):
        members = {rule for rule in groups if groups[rule] == group}
        out = {b for a, b in arrows if a in members} - members
        assert not members & {rule for start in out for rule in reachable(start, arrows)}
