"""The policy linter's findings are compared with the exceptions both ways; the linter itself runs in `make check`."""

from pathlib import Path
from typing import Any

import pytest

from tools.policy import Finding, accepted, differences, findings

NO_VPC = Finding("CKV_AWS_117", "SendEmail")
REASON = {NO_VPC: "It needs none."}


def a_report(**changes: Any) -> dict[str, Any]:
    failed = {"check_id": NO_VPC.check, "check_name": "Inside a VPC", "resource": "AWS::Lambda::Function.SendEmail"}
    return {"summary": {"passed": 90, "parsing_errors": 0}, "results": {"failed_checks": [failed]}} | changes


def test_a_finding_that_is_accepted_is_nothing_to_tell() -> None:
    assert [*differences(findings(a_report()), REASON)] == []


def test_a_finding_that_nobody_accepted_is_told_with_its_name() -> None:
    (told,) = differences(findings(a_report()), {})
    assert told.startswith("CKV_AWS_117 SendEmail: Inside a VPC.")


def test_an_exception_that_is_found_no_more_must_go() -> None:
    (told,) = differences(findings(a_report(results={"failed_checks": []})), REASON)
    assert told.startswith("CKV_AWS_117 SendEmail is found no more")


@pytest.mark.parametrize("summary", [{"passed": 0, "parsing_errors": 0}, {"passed": 90, "parsing_errors": 1}])
def test_a_linter_that_read_nothing_has_not_passed(summary: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="could not read"):
        findings(a_report(summary=summary))


def test_every_exception_is_of_a_resource_that_there_is_and_has_a_reason(
    resources: dict[str, Any], tmp_path: Path
) -> None:
    assert {finding.resource for finding in accepted()} <= set(resources)
    without = tmp_path / "policy.yaml"
    without.write_text("[{check: CKV_AWS_1, resources: [Table], reason: }]")
    with pytest.raises(ValueError, match="CKV_AWS_1 has no reason"):
        accepted(without)
