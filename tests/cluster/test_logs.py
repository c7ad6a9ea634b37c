import json

from cluster import logs


def test_a_line_is_one_json_object_of_the_agreed_shape(capsys):
    logs.configure(service="quotes", console=False)
    logs.bind_request(correlation_id="r-1", user_id="ada")
    logs.get_logger().info("quotes published", count=60)
    line = json.loads(capsys.readouterr().err)
    assert list(line) == [
        "timestamp", "level", "service", "correlation_id", "user_id", "message", "metadata",
    ]  # fmt: skip
    assert line["message"] == "quotes published"
    assert (line["service"], line["correlation_id"], line["user_id"]) == ("quotes", "r-1", "ada")
    assert line["metadata"] == {"count": 60}


def test_lines_under_the_level_are_left_out(capsys):
    logs.configure(service="x", level="WARNING", console=False)
    logs.get_logger().info("nothing")
    assert capsys.readouterr().err == ""


def test_an_exception_stands_in_its_line(capsys):
    logs.configure(service="x", console=False)
    try:
        raise ValueError("why")
    except ValueError:
        logs.get_logger().exception("failed")
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert "ValueError: why" in lines[0]
