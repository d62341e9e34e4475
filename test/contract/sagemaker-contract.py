"""Reads calls of SageMaker ([{operation, input}] as JSON on stdin) and prints what AWS's own service description, as botocore carries it, says against them."""

import json
import re
import sys

import botocore.session
from botocore.validate import ParamValidator

model = botocore.session.get_session().get_service_model("sagemaker")


def faults(value, shape, at):
    """What ParamValidator does not look at: enumerations, longest texts, patterns that Python can read."""
    match shape.type_name:
        case "structure":
            for name, member in value.items():
                yield from faults(member, shape.members[name], f"{at}.{name}")
        case "list":
            for index, member in enumerate(value):
                yield from faults(member, shape.member, f"{at}[{index}]")
        case "map":
            if len(value) > shape.metadata.get("max", len(value)):
                yield f"{at}: {len(value)} entries"
            for name, member in value.items():
                yield from faults(name, shape.key, f"{at} key {name}")
                yield from faults(member, shape.value, f"{at}.{name}")
        case "string":
            if shape.enum and value not in shape.enum:
                yield f"{at}: {value} is none of {shape.enum}"
            if len(value) > shape.metadata.get("max", len(value)):
                yield f"{at}: {len(value)} characters"
            pattern = shape.metadata.get("pattern", "")
            if pattern and "\\p{" not in pattern and not re.fullmatch(pattern, value):
                yield f"{at}: {value} is not like {pattern}"


found = []
for call in json.load(sys.stdin):
    shape = model.operation_model(call["operation"]).input_shape
    report = ParamValidator().validate(call["input"], shape)
    found += [report.generate_report()] if report.has_errors() else list(faults(call["input"], shape, call["operation"]))
print(json.dumps(found))
