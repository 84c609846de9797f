"""Evaluates ClassAd expressions with HTCondor's own library, one a line, and says kind and exact value of each result.

Reads JSON lines from standard input: {"ad": NAME, "text": TEXT} defines an ad (new ClassAd syntax),
{"expr": TEXT, "my": NAME, "target": NAME} asks for an expression's value. The first line of the answer is
{"version": V}; then follows one line for each question: {"kind": K, "text": T} and for a real {"bits": B} beside it.

Kinds: undefined, error, boolean, integer, real, string, abstime, reltime, list, ad; parse for an expression that
HTCondor does not parse, failed for an evaluation that it gives up, garbage for a text whose end HTCondor ignores, bytes
for a text that is no UTF-8, crash for an expression that ends HTCondor's process. Such an expression costs one child,
not the answer of the others.
"""

import json
import os
import struct
import sys

import classad
import htcondor  # registers HTCondor's own functions beside the library's, and sets old ClassAd semantics


def kind_of(text):
    if text == "undefined" or text == "error":
        return text
    if text in ("true", "false"):
        return "boolean"
    if text.startswith('"'):
        return "string"
    if text.startswith("absTime("):
        return "abstime"
    if text.startswith("relTime("):
        return "reltime"
    if text.startswith("{"):
        return "list"
    if text.startswith("["):
        return "ad"
    digits = text[1:] if text.startswith("-") else text
    return "integer" if digits.isdigit() else "real"


def answer(question, ads):
    my, target = ads[question["my"]], ads[question["target"]]
    try:
        tree = classad.ExprTree(question["expr"])
    except classad.ClassAdParseError:
        return {"kind": "parse", "text": ""}
    try:
        # A list or an ad cannot be printed once its evaluation is over, and doing so can end the process: ask first.
        inner = f"((\n{question['expr']}\n))"
        complex_value = str(classad.ExprTree(f"isList{inner} || isClassAd{inner}").simplify(my, target))
        if complex_value == "true":
            text = str(classad.ExprTree(f"string{inner}").simplify(my, target).eval())
            return {"kind": kind_of(text), "text": text}
        value = tree.simplify(my, target)
    except classad.ClassAdParseError:
        # What HTCondor ignores at the end of the text cannot stand in parentheses.
        return {"kind": "garbage", "text": ""}
    except (classad.ClassAdEvaluationError, classad.ClassAdValueError, TypeError):
        return {"kind": "failed", "text": ""}
    text = str(value)
    result = {"kind": kind_of(text), "text": text}
    if result["kind"] == "real":
        result["bits"] = struct.pack(">d", value.eval()).hex()
    return result


def child(questions, ads, out):
    for question in questions:
        try:
            line = json.dumps(answer(question, ads))
        except UnicodeDecodeError:
            line = json.dumps({"kind": "bytes", "text": ""})
        out.write(line + "\n")
        out.flush()


def main():
    ads, questions = {}, []
    for line in sys.stdin:
        entry = json.loads(line)
        if "ad" in entry:
            ads[entry["ad"]] = classad.ClassAd(entry["text"])
        else:
            questions.append(entry)
    print(json.dumps({"version": classad.version()}))
    position = 0
    while position < len(questions):
        sys.stdout.flush()
        read_end, write_end = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_end)
            with os.fdopen(write_end, "w") as out:
                child(questions[position:], ads, out)
                out.flush()
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end) as answers:
            for line in answers:
                if line.endswith("\n"):
                    sys.stdout.write(line)
                    position += 1
        os.waitpid(pid, 0)
        if position < len(questions):
            print(json.dumps({"kind": "crash", "text": ""}))
            position += 1


main()
