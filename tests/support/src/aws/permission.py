"""Who may do what, as IAM has it: moto itself knows neither resources nor conditions, and takes a statement whose condition does
not hold for a denial."""

import re

from moto.iam.access_control import IAMPolicyStatement, PermissionResult

# What is so for every request: it counts as encrypted, since AWS takes no others.
ALWAYS = {"aws:SecureTransport": "true"}


def matches(pattern, text):
    """Whether a pattern with * and ? is all of a text."""
    parts = [".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", pattern)]
    return re.fullmatch("".join(parts), text) is not None


OPERATORS = {
    "Bool": lambda wanted, is_: wanted.lower() == is_.lower(),
    "StringEquals": lambda wanted, is_: wanted == is_,
    "StringLike": matches,
    "ArnLike": matches,
}


def holds(condition, context):
    """Whether a condition holds: each key of each operator, for one of its values. A key that the request has not does not,
    but for a condition on all of its values, which are separated by spaces here."""
    for operator, keys in (condition or {}).items():
        for key, wanted in keys.items():
            values = wanted if isinstance(wanted, list) else [wanted]
            if operator == "ForAllValues:StringEquals":
                if not set(context.get(key, "").split()) <= set(values):
                    return False
                continue
            if key not in context or not any(OPERATORS[operator](str(value), context[key]) for value in values):
                return False
    return True


statement_permits = IAMPolicyStatement.is_action_permitted


def is_action_permitted(self, action, resource="*", principal=None, incoming_condition_values=None):
    if not holds(self._statement.get("Condition"), ALWAYS | (incoming_condition_values or {})):
        return PermissionResult.NEUTRAL
    bare = {key: value for key, value in self._statement.items() if key != "Condition"}
    return statement_permits(IAMPolicyStatement(bare), action, resource, principal)


IAMPolicyStatement.is_action_permitted = is_action_permitted
IAMPolicyStatement._match = staticmethod(lambda pattern, text: matches(pattern, text) or None)
