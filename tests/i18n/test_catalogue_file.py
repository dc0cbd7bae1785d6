"""Reading .po files and compiling them in memory, checked against the standard library's reader."""

import gettext
import io

from server.i18n.catalogue_file import compiled, read_catalogue

PO = """# A comment.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: a place
msgid "Hello"
msgstr "Hola"

msgid "A text "
"over two lines\\n"
msgstr "Un texto en "
"dos líneas\\n"

msgid "{count} day"
msgid_plural "{count} days"
msgstr[0] "{count} día"
msgstr[1] "{count} días"

msgid "Not translated"
msgstr ""
"""


def test_the_standard_library_reads_what_we_compile() -> None:
    found = gettext.GNUTranslations(io.BytesIO(compiled(read_catalogue(PO))))
    assert found.gettext("Hello") == "Hola"
    assert found.gettext("A text over two lines\n") == "Un texto en dos líneas\n"
    assert found.ngettext("{count} day", "{count} days", 1) == "{count} día"
    assert found.ngettext("{count} day", "{count} days", 5) == "{count} días"
    assert found.gettext("Not translated") == "Not translated"
