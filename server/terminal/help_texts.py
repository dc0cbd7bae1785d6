"""What `/help` shows: the commands, in groups."""

from typing import Final

from server.i18n.marking import marked

_FIRST: Final = marked(
    "Every line is a message. A line that begins with / is a command:\n"
    "/status          who is connected to what, and how much of the archive is here\n"
    "/who             who is in this room\n"
    "/quit            leave when everything you typed is stored\n"
    "//text           a message that begins with /"
)
_ACCOUNT: Final = marked(
    "/devices         your devices, each with a number\n"
    "/revoke N        sign out the device with this number for good\n"
    "/signout         sign out this device for good, and leave\n"
    "/password        change your password; all other devices are signed out\n"
    "/unregister      leave this chat for good"
)
_FILES: Final = marked(
    "/file PATH       send a file into this room\n"
    "/get N           save the file with this number here; /get N FOLDER saves it there"
)
_CHANGES: Final = marked(
    "/last N          the last messages with their numbers, as they are now\n"
    "/reply N TEXT    answer the message with this number\n"
    "/edit N TEXT     another text for a message of yours\n"
    "/delete N        take a message of yours away, for everybody and for good\n"
    "/react N EMOJI   put an emoji to a message, with a - before it: take it away"
)
_THE_PAST: Final = marked(
    "/search WORDS    find messages in this room, -a WORDS in all of them; nothing: more of the last search\n"
    '                 words, "several words", beginnings of wor*\n'
    "/around N        what was said around the message, or the hit of a search, with this number\n"
    "/before          further back from there; /after goes on; with N: from that message\n"
    "/export FILE     write this room into a file that ends in .html, .json or .txt"
)

_RECEIPTS: Final = marked(
    "/unread          how many messages you have not read, in each room\n"
    "/receipts N      who has your last N messages (without N: the last one), and who has read them\n"
    "/typing          tell the others that you type"
)
_DRAFTS: Final = marked(
    "/draft TEXT      keep a text for this room, and do not send it; /draft brings it back into the line\n"
    '                 /draft "" drops it. What stands in the line when you leave is kept as well\n'
    "/drafts          what is kept unsent, in all rooms"
)
_ROOMS: Final = marked(
    "/rooms           all conversations, each with a number\n"
    "/room NAME       talk there from now on: a room, a group, a friend, or a number of /rooms\n"
    "/join NAME       be a member of a public room; /create NAME makes one\n"
    "/leave           be a member of this room no more\n"
    "/delete-room NAME  end a room or group that you administer, for everybody and for good\n"
    "/topic TEXT      what this room is about; /rename NAME gives it another name\n"
    "/mute            of this room only what mentions you, while you talk elsewhere; /unmute takes it back"
)
_FRIENDS: Final = marked(
    "/friends         your friends, and who has asked\n"
    "/friend NAME     ask somebody; the answer is /accept NAME or /decline NAME\n"
    "/msg NAME TEXT   write to one friend only\n"
    "/unfriend NAME   be friends no more\n"
    "/block NAME      be left alone by somebody; /unblock NAME takes it back"
)
_INVITES: Final = marked(
    "/invite          make a link that lets one new person in\n"
    "/invites         the invites with their numbers; /uninvite N takes one back"
)
_GROUPS: Final = marked(
    '/group NAME PERSON...  make a group; "names with spaces" stand in quotes\n'
    "/add PERSON      take somebody into this group; /remove PERSON puts somebody out\n"
    "/admin PERSON    let somebody administer it too; /unadmin PERSON takes that back\n"
    "/members         who is in it"
)
HELP: Final = (
    *(_FIRST, _ROOMS, _FRIENDS, _GROUPS, _INVITES),
    *(_CHANGES, _DRAFTS, _RECEIPTS, _THE_PAST, _FILES, _ACCOUNT),
)
