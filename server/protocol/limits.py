"""Every limit of the wire in one place, each with its reason."""

from typing import Final

# A stranger has no business sending more than a hello and a sign-in.
FRAME_BYTES_MAX_BEFORE_SIGN_IN: Final = 4 * 1024
# The longest message is 32 kB of UTF-8. A program that escapes every emoji in its JSON (12 bytes
# each, as many libraries do) reaches 5,000 of them.
FRAME_BYTES_MAX: Final = 64 * 1024
# Raw bytes that follow a frame which announces them ("bytes": N): one chunk of a file.
CHUNK_BYTES_MAX: Final = 256 * 1024
# One message between the two servers; checked before anything is allocated for it.
PEER_FRAME_BYTES_MAX: Final = 8 * 1024 * 1024
# A page of readable text; longer ones belong in a file. In bytes that is below 32 KiB at most.
MESSAGE_CHARACTERS_MAX: Final = 8_000
# JSON nests by recursion in every parser: counted before decoding.
JSON_DEPTH_MAX: Final = 16
# 2^53 is the largest integer that every JSON library keeps exact (RFC 8259, section 6).
INTEGER_MAX: Final = 2**53
# The epochs before a client's cursor that it remembers: a merge is found behind as many changes of the lead.
TRAIL_EPOCHS_MAX: Final = 16
# What a screen shows in a few pages; more is asked for again.
HISTORY_ROWS_MAX: Final = 200
# What fits into a search box, the words in it, and what a screen shows of the answer.
SEARCH_CHARACTERS_MAX: Final = 256
SEARCH_WORDS_MAX: Final = 16
SEARCH_HITS_MAX: Final = 50
# A search costs as much as many messages: one a second for long, and a few while somebody types.
SEARCH_RATE_PER_S: Final = 1.0
SEARCH_BURST: Final = 5
# Lists are made beside everything else that a server does: so many rows cost as much as one search.
ROWS_PER_SEARCH: Final = 10_000
# Something small that is looked for and comes to nothing, or is told again: ten cost as much as one search.
SEARCHES_PER_LOOK: Final = 0.1
# What is archived and sent again: a client that lost its server sends all that had no answer, a thousand at
# most, and is not held for it.
SENDS_PER_REPEAT: Final = 0.01
# The longest emoji joins ten code points (a family with skin tones).
EMOJI_CHARACTERS_MAX: Final = 16
# Edits and reactions of one message: whoever shows it reads them all. So many of one person, and of all.
CHANGES_PER_PERSON_MAX: Final = 100
CHANGES_MAX: Final = 2_000
# What a screen shows of a list; more is asked for by the beginning of a name.
PEOPLE_ROWS_MAX: Final = 200
# The people of a chat see each other's name in a narrow column.
NAME_CHARACTERS_MAX: Final = 32
ROOM_NAME_CHARACTERS_MAX: Final = 32
# Shorter ones are tried through in no time by whoever steals a hash; longer ones help nobody (OWASP ASVS).
PASSWORD_CHARACTERS_MIN: Final = 10
PASSWORD_CHARACTERS_MAX: Final = 128
# One line above a conversation; all of them fit into one list of rooms.
TOPIC_CHARACTERS_MAX: Final = 200
TOPIC_BYTES_MAX: Final = 400
# Questions that wait for their answer: whoever asks more people than this does not know them.
FRIENDS_ASKED_MAX: Final = 100
# Longer lists are of people whom nobody has met; each name in them is kept for ever.
BLOCKED_MAX: Final = 1_000
# Rooms are public things with a list that people read; groups count with them. One person shall not use up
# what is for all: what was made counts for ever, for its name and its history stay.
ROOMS_MAX: Final = 10_000
ROOMS_PER_PERSON_MAX: Final = 200
# A room's members are told about each other; beyond this the price of that grows too high.
ROOM_MEMBERS_MAX: Final = 1_000
# Everybody is a member of the first room. Whoever reaches an open server may sign in under new names
# without end: they are kept for ever, so there must be one.
PEOPLE_MAX: Final = 20_000
# A person has a handful of computers. Under a name without a password those count that were signed out, too:
# anybody may use it, and each device is kept for ever.
DEVICES_PER_USER_MAX: Final = 100
# Gaps that a device leaves in its counters: each is kept for ever. A refused request leaves one, and nobody
# honest is refused so often.
COUNTER_RANGES_MAX: Final = 10_000
# Programs of one person at one server, each with a link to either: what is told is written for each of them.
CONNECTIONS_PER_PERSON_MAX: Final = 32
# What a person sends in a chat; larger things have places of their own.
FILE_BYTES_MAX: Final = 100 * 1024 * 1024
# All files in the messages of one person, each content once: twenty of the largest.
FILE_BYTES_PER_PERSON_MAX: Final = 2 * 1024 * 1024 * 1024
# A label that is read in one look, and that every file system takes: most allow 255 bytes.
FILE_NAME_CHARACTERS_MAX: Final = 120
FILE_NAME_BYTES_MAX: Final = 240
# Files that one person sends at once: each is an open file of the server.
UPLOADS_PER_PERSON_MAX: Final = 8
# With those of the last day that nobody went on with, or that no message carries: each is a file in a folder.
UPLOADS_LEFT_MAX: Final = 100
# Everybody in a room is told what everybody else has read: beyond this the price of that grows too high.
RECEIPTS_MEMBERS_MAX: Final = 100
# Rooms that a person reads within a second; more are marked with the next request.
MARKED_ROOMS_MAX: Final = 64
# More unread messages of a room than this are not counted: nobody reads such a number.
UNREAD_COUNT_MAX: Final = 1_000
# A computer that nobody used for a month, or that was let in half a year ago, shows the password again.
DEVICE_IDLE_DAYS: Final = 30
DEVICE_DAYS_MAX: Final = 180
# An invite travels by mail or on paper; one that lies about for longer is found by somebody else.
INVITE_DAYS: Final = 7
# Who invites more at a time invites a crowd, and an open chat is better for that.
INVITES_OPEN_MAX: Final = 100
# With those that were taken back before their time was over.
INVITES_UNUSED_MAX: Final = 1_000
# A reset is for somebody who waits for it.
RESET_HOURS: Final = 24
# Requests of one connection that wait for their commit: a client's window, and a bound for us.
REQUESTS_IN_FLIGHT_MAX: Final = 1_024
# Questions of one connection that read the archive at once: a page may weigh a megabyte, and the
# workers are few. The next ones wait unread.
READS_IN_FLIGHT_MAX: Final = 4

# A TLS handshake takes two round trips; five seconds is a very slow link.
TLS_HANDSHAKE_S_MAX: Final = 5.0
# A program signs in at once; a person types the name before the connection is made.
SIGN_IN_S_MAX: Final = 10.0
# A frame that was started must end: a slow sender must not hold a place for ever.
FRAME_S_BASE: Final = 10.0
FRAME_S_PER_4_KIB: Final = 1.0
# Silence: ping after, dead after.
PING_EVERY_S: Final = 20.0
DEAD_AFTER_S: Final = 45.0
# A reader that takes nothing for this long is closed; its cursor makes the return cheap.
BLOCKED_READER_S_MAX: Final = 30.0
# Every request ends in an answer within this time (promise P5): else `unknown`.
ANSWER_S_MAX: Final = 30.0
# Who types is told at most this often for one connection; what was told is forgotten after twice as long.
TYPING_EVERY_S: Final = 3.0
# What a person may have archived a second for long (messages, rooms, joins), and how many at once: at one
# server, over all connections.
SEND_RATE_PER_S: Final = 5.0
SEND_BURST: Final = 20
