"""One sentence for every error code: what happened, and what a person can do."""

from collections.abc import Mapping

from server.i18n.translation import _

Arguments = Mapping[str, str | int | float]


class _Arguments(dict[str, object]):
    """A server that leaves an argument out must not make a sentence fail."""

    def __missing__(self, name: str) -> str:
        return "?"


def error_text(code: str, arguments: Arguments) -> str:
    """The sentence for a code of the servers or of the dialer, with its arguments."""
    texts = {
        **_connection_texts(),
        **_sign_in_texts(),
        **_archive_texts(),
        **_people_texts(),
        **_file_texts(),
        **_protocol_texts(),
    }
    text = texts.get(code)
    if text is None:
        # A newer server may know more codes than we do.
        return _("Something went wrong ({code}).").format(code=code)
    return text.format_map(_Arguments(arguments))


def _connection_texts() -> dict[str, str]:
    return {
        "refused": _("No server answers at this address. Is it running?"),
        "timeout": _("The server did not answer in time."),
        "unreachable": _("There is no way to this address. Check its spelling and your network."),
        "lost": _("The connection was lost."),
        "closed": _("The server ended the connection."),
        "aborted": _("The connection was ended."),
        "handler_failed": _("The connection was ended by a mistake in this program."),
        "handshake_timeout": _("The server did not answer in time."),
        "tls_failed": _("There is something at this address, but it is no Desktop Chat server."),
        "wrong_protocol": _("There is something at this address, but it is no Desktop Chat server."),
        "wrong_certificate": _(
            "This is not the server that you know: its certificate is another one. "
            "Ask whoever runs the chat for a new invite link."
        ),
        "unknown_certificate": _("This server is not known yet."),
        "close_timeout": _("The connection was ended."),
        "protocol": _("The server answered in a way that this version does not understand."),
        "silent": _("Nothing was heard from the server for too long."),
        "shutting_down": _("The server is being stopped."),
        "catching_up": _("This server learns what it missed; the other one has everything."),
        "merged": _("The servers were apart for a while and are one again; you are signed in anew."),
        "internal": _("The server made a mistake. It is written in its log."),
        "unknown": _("The server did not answer in time. It will be tried again."),
        "disk_full": _("The server's disk is full. What you write waits here until there is room."),
    }


def _sign_in_texts() -> dict[str, str]:
    return {
        "bad_name": _("The name {name} is not allowed. Use letters, digits, dots and dashes."),
        "wrong_secret": _("The servers know this computer with another key. Choose another name."),
        "wrong_person": _("This computer is known to the servers as {name}."),
        "name_taken": _("Somebody has the name {name} already. Choose another one."),
        "password_needed": _("This name is protected by a password."),
        "wrong_password": _("The name or the password is wrong."),
        "password_too_short": _(
            "The password is too short: at least {limit} characters, such as a few words."
        ),
        "password_too_common": _("This password is guessed at once. Take a few words that nobody expects."),
        "too_many_tries": _("Too many passwords were tried. The next try is possible in {retry_s} seconds."),
        "busy": _("Too many passwords are being checked. The next try is possible in {retry_s} seconds."),
        "device_revoked": _("This computer was signed out for good."),
        "device_expired": _("This computer has to show the password again: it was known for too long."),
        "account_disabled": _("An administrator has disabled this account."),
        "unregistered": _("You have left this chat for good; nobody is given your name again."),
        "invite_needed": _("A new name needs an invite here. Ask somebody in the chat for one."),
        "bad_invite": _("This invite is not known, or it was taken back. Ask for another one."),
        "invite_used": _("This invite was used already: each lets one person in. Ask for another one."),
        "invite_expired": _("This invite was not used in time. Ask for another one."),
        "setup_done": _("The setup code is used up: this chat has an administrator."),
        "bad_reset": _("This name has no reset with this code, or no longer. Ask for another code."),
        "unknown_device": _("You have no device {device}."),
        "too_many_devices": _("This name is already used on {limit} computers. Choose another name."),
        "too_many_gaps": _(
            "The servers have refused this computer more than {limit} times: sign it out, and in again."
        ),
        "too_many_connections": _(
            "You are connected {limit} times already. It is tried again in {retry_s} seconds."
        ),
        "server_full": _("Both servers are full. It is tried again in {retry_s} seconds."),
        "too_slow_to_sign_in": _("Signing in took longer than {limit_s} seconds."),
        "unsupported_version": _("The server speaks another version. Update this program."),
        "not_signed_in": _("You are not signed in."),
        "already_signed_in": _("You are signed in already."),
    }


def _archive_texts() -> dict[str, str]:
    return {
        "empty_message": _("The message has no text."),
        "message_too_long": _("The message is too long. It may have {limit} characters."),
        "unknown_message": _("There is no such message."),
        "deleted_message": _("The message was deleted."),
        "too_many_changes": _(
            "This message was changed {limit} times: no more edits and reactions are taken for it."
        ),
        "bad_emoji": _("Only an emoji can be put to a message."),
        "unknown_room": _("The room {room} does not exist any more."),
        "deleted_room": _("This room was deleted; what was written in it is kept, and nobody reads it here."),
        "not_a_member": _("Only members may write in the room {room}."),
        "bad_room_name": _(
            "A room cannot be called {name}. A public room's name is made of 3 to 32 letters a to z"
            " (small ones), digits, dots and dashes."
        ),
        "room_name_taken": _("There is a room of the name {name} already."),
        "already_a_member": _("You are a member of the room {room} already."),
        "too_many_rooms": _("There are {limit} rooms, and no more are possible."),
        "too_many_own_rooms": _("You have made {limit} rooms and groups, and cannot make more."),
        "room_full": _("The room has {limit} members, and no more are possible."),
        "id_reuse": _("This message has the number {counter}, which was used for another one."),
        "unknown_index": _("The archive does not reach to message {index}."),
        "nothing_to_find": _("There is no word in it that could be looked for."),
        "too_many_words": _("More than {limit} words cannot be looked for at once."),
        "index_not_ready": _(
            "The server has just begun to learn what can be found ({percent} %). Try again in a minute."
        ),
        "last_chat_administrator": _("The chat needs an administrator: make somebody else one first."),
        "too_many_invites": _("You have {limit} invites that nobody has used. Take some back first."),
        "forbidden": _("This is not allowed here."),
        "too_many_requests": _("More than {limit} requests wait for an answer."),
    }


def _people_texts() -> dict[str, str]:
    return {
        "bad_topic": _(
            "A topic is one line of at most {limit} characters; those that are not Latin count up to twice."
        ),
        "not_an_administrator": _("Only those who administer this conversation can do that."),
        "last_administrator": _("Somebody has to administer it: name another one first."),
        "unknown_person": _("There is nobody called {user} here."),
        "has_left": _("That person has left the chat."),
        "not_yourself": _("That cannot be done to oneself."),
        "not_friends": _("You are not friends: ask first, and wait for the answer."),
        "already_friends": _("You are friends already."),
        "already_asked": _("You have asked already; the answer is still to come."),
        "not_asked": _("There is no question of that person to answer."),
        "too_many_asked": _(
            "You have asked {limit} people who have not answered yet; wait for some of them."
        ),
        "blocked": _("That person does not want this."),
        "too_many_blocked": _("You have blocked {limit} people: unblock some of them first."),
    }


def _file_texts() -> dict[str, str]:
    return {
        "file_too_large": _("The file is larger than {limit} bytes, and no server takes it."),
        "quota_exceeded": _(
            "Your files take more than {limit} bytes. Delete messages with files that nobody needs."
        ),
        "too_many_uploads": _("You are sending {limit} files at once. Wait until one of them is there."),
        "unknown_upload": _("The server does not expect this file. Send it again."),
        "wrong_offset": _("The server has {received} bytes of the file, and was sent others."),
        "too_many_bytes": _(
            "The file has more than {limit} bytes by now. It changed while it was sent: send it again."
        ),
        "wrong_hash": _("The file changed while it was sent. Send it again."),
        "bad_packed": _("The server could not unpack what this program sent: {reason}."),
        "bad_file_name": _("A file cannot be called {name}."),
        "unknown_file": _("The server does not have this file. Send it again."),
        "file_trouble": _("The file could not be read or written: {reason}"),
        "file_changed": _("The file changed on its way. Try again."),
        "file_on_its_way": _("This server does not have the file yet. Try again in a moment."),
    }


def _protocol_texts() -> dict[str, str]:
    """What only a defect can cause: said all the same, so that it can be reported."""
    return {
        "frame_too_long": _("The server refused what this program sent: more than {limit} bytes."),
        "bad_utf8": _("The server refused what this program sent: not UTF-8."),
        "bad_json": _("The server refused what this program sent: not JSON."),
        "too_deep": _("The server refused what this program sent: nested deeper than {limit}."),
        "bad_request": _("The server refused what this program sent: {reason}."),
        "unknown_request": _(
            "The server does not know the request {request}. It may be older than this program."
        ),
        "bad_bytes": _("The server refused what this program sent: only {limit} bytes are allowed here."),
        "unexpected_bytes": _("The server refused what this program sent: bytes that nobody asked for."),
        "frame_too_slow": _("The server refused what this program sent: it took too long."),
        "hello_first": _("The server expected a greeting first."),
        "hello_again": _("The server was greeted twice."),
        "on_standby": _("The connection to this server is only a spare one."),
    }  # fmt: skip
