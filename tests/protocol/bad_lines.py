"""Lines that are no request, each with the code that answers it."""

import msgspec

from server.protocol import limits


def deep(levels: int) -> bytes:
    return b'{"request":"ping","id":1,"x":' + b"[" * levels + b"]" * levels + b"}"


# After a fatal one the connection ends; the others are answered and it lives.
BAD_LINES: list[tuple[bytes, str]] = [
    # What is no JSON object.
    (b"hello", "bad_json"),
    (b"GET / HTTP/1.1", "bad_json"),
    (b"SSH-2.0-OpenSSH_9.2", "bad_json"),
    (b"{", "bad_json"),
    (b"}", "bad_json"),
    (b"null", "bad_json"),
    (b"true", "bad_json"),
    (b"1", "bad_json"),
    (b'"ping"', "bad_json"),
    (b"[]", "bad_json"),
    (b'[{"request":"ping","id":1}]', "bad_json"),
    (b'{"request":"ping","id":1}{"request":"ping","id":2}', "bad_json"),
    (b'{"request":"ping","id":1},', "bad_json"),
    (b'{"request":"ping","id":1,}', "bad_json"),
    (b"{'request':'ping','id':1}", "bad_json"),
    (b'{"request":"ping","id":NaN}', "bad_json"),
    (b'{"request":"ping","id":Infinity}', "bad_json"),
    (b'{"request":"ping","id":01}', "bad_json"),
    (b'{"request":"ping","id":1e400}', "bad_json"),
    (b'{"request":"send","id":1,"counter":1,"room":"general","text":"\\ud800","time_ms":1}', "bad_json"),
    (b'{"request":"ping","id":1,"x":"\x01"}', "bad_json"),
    (b'{"request":"ping","id":1} // a comment', "bad_json"),
    (b"\xef\xbb\xbf" + b'{"request":"ping","id":1}', "bad_json"),
    # What is no UTF-8.
    (b'{"request":"ping","id":1,"x":"\xff"}', "bad_utf8"),
    (b'{"request":"ping","id":1,"x":"\xc3\x28"}', "bad_utf8"),
    (b'{"request":"ping","id":1,"x":"\xed\xa0\x80"}', "bad_utf8"),
    (b'{"request":"ping","id":1,"x":"\xf8\x88\x80\x80\x80"}', "bad_utf8"),
    (b'{"request":"ping","id":1,"x":"\xc0\xaf"}', "bad_utf8"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "bad_utf8"),
    (b"\xff\xfe{\x00}\x00", "bad_utf8"),
    # What nests too deep.
    (deep(limits.JSON_DEPTH_MAX), "too_deep"),
    (deep(5_000), "too_deep"),
    (b"[" * 5_000, "too_deep"),
    (b'{"a":' * 5_000, "too_deep"),
    # What is an object and no request of ours.
    (b"{}", "bad_request"),
    (b'{"id":1}', "bad_request"),
    (b'{"request":null,"id":1}', "bad_request"),
    (b'{"request":1,"id":1}', "bad_request"),
    (b'{"request":["ping"],"id":1}', "bad_request"),
    (b'{"request":"","id":1}', "unknown_request"),
    (b'{"request":"Ping","id":1}', "unknown_request"),
    (b'{"request":"drop_table","id":1}', "unknown_request"),
    (b'{"request":"ping"}', "bad_request"),
    (b'{"request":"ping","id":0}', "bad_request"),
    (b'{"request":"ping","id":-1}', "bad_request"),
    (b'{"request":"ping","id":1.5}', "bad_request"),
    (b'{"request":"ping","id":"1"}', "bad_request"),
    (b'{"request":"ping","id":true}', "bad_request"),
    (b'{"request":"ping","id":null}', "bad_request"),
    (b'{"request":"ping","id":9007199254740993}', "bad_request"),
    (b'{"request":"ping","id":99999999999999999999999999999999}', "bad_request"),
    (b'{"request":"hello","id":1}', "bad_request"),
    (b'{"request":"hello","id":1,"versions":[]}', "bad_request"),
    (b'{"request":"hello","id":1,"versions":1}', "bad_request"),
    (b'{"request":"hello","id":1,"versions":["1"]}', "bad_request"),
    (b'{"request":"hello","id":1,"versions":[1],"unknown":1}', "bad_request"),
    (b'{"request":"sign_in","id":1,"name":"Anna"}', "bad_request"),
    (b'{"request":"sign_in","id":1,"name":"","device":"d","secret":"s"}', "bad_request"),
    (b'{"request":"send","id":1,"room":"general","text":"hi","time_ms":1}', "bad_request"),
    (b'{"request":"send","id":1,"counter":0,"room":"general","text":"hi","time_ms":1}', "bad_request"),
    (b'{"request":"send","id":1,"counter":1,"room":"","text":"hi","time_ms":1}', "bad_request"),
    (b'{"request":"send","id":1,"counter":1,"room":"general","text":7,"time_ms":1}', "bad_request"),
    (b'{"request":"send","id":1,"counter":1,"room":"general","text":"hi","time_ms":-1}', "bad_request"),
    (b'{"request":"send","id":1,"counter":1,"room":"general","text":null,"time_ms":1}', "bad_request"),
    (b'{"request":"history","id":1,"room":"general","limit":0}', "bad_request"),
    (b'{"request":"history","id":1,"room":"general","limit":201}', "bad_request"),
    (b'{"request":"history","id":1,"room":"general","before":-1}', "bad_request"),
    (b'{"request":"activate","id":1,"cursor":{"epoch":"1","index":1}}', "bad_request"),
    (b'{"request":"activate","id":1,"cursor":{"epoch":"1.a.0","index":1,"more":1}}', "bad_request"),
    # Raw bytes of which nobody knows how many.
    (b'{"request":"ping","id":1,"bytes":-1}', "bad_bytes"),
    (b'{"request":"ping","id":1,"bytes":"many"}', "bad_bytes"),
    (b'{"request":"ping","id":1,"bytes":1.5}', "bad_bytes"),
    (b'{"request":"ping","id":1,"bytes":null}', "bad_bytes"),
    (b'{"request":"ping","id":1,"bytes":262145}', "bad_bytes"),
]

# Strange, and a request all the same.
GOOD_LINES: list[bytes] = [
    b'{"request":"ping","id":1}',
    b'  {"request":"ping","id":1}  ',
    b'{"id":1,"request":"ping"}',
    b'{"request":"ping","id":1,"unknown":{"a":[1,2,3]}}',
    b'{"request":"ping","id":1,"id":2}',
    b'{"request":"ping","id":9007199254740992}',
    b'{"request":"ping","id":1,"bytes":0}',
    b'{"request":"\\u0070ing","id":1}',
    msgspec.json.encode({"request": "ping", "id": 1, "x": "[" * 1_000}),
    deep(limits.JSON_DEPTH_MAX - 1),
]
