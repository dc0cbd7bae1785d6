"""Errors that no single line brings about: what does, and which test shows it."""

from typing import Final

# By the code: what has to happen; the file and the name of the test.
OTHER_ERRORS: Final[dict[str, tuple[str, str, str]]] = {
    "frame_too_slow": (
        "a line that is begun and not ended in time",
        "conformance/test_connections.py",
        "test_who_says_nothing_or_half_of_it_is_sent_away_in_time",
    ),
    "too_slow_to_sign_in": (
        "a connection that says nothing",
        "conformance/test_connections.py",
        "test_who_says_nothing_or_half_of_it_is_sent_away_in_time",
    ),
    "too_many_requests": (
        "1,025 requests before the first one is answered",
        "sessions/test_session.py",
        "test_too_many_requests_in_flight_are_refused_and_the_rest_is_served",
    ),
    "busy": (
        "many who show a password at once",
        "sessions/test_password_checks.py",
        "test_when_too_many_are_checked_at_once_the_next_one_comes_again",
    ),
    "device_expired": (
        "a sign-in of a device that was not used for a month",
        "sessions/test_registration.py",
        "test_a_device_that_was_not_used_for_a_month_shows_the_password_again",
    ),
    "invite_expired": (
        "an invite that is a week old",
        "sessions/test_registration.py",
        "test_an_invite_is_good_for_a_week",
    ),
    "too_many_devices": (
        "a person's 101st device",
        "state/test_users.py",
        "test_a_person_has_a_limited_number_of_devices",
    ),
    "server_full": (
        "a sign-in when both servers have as many people as they take",
        "sessions/test_session.py",
        "test_a_full_server_sends_people_to_the_other_one_and_refuses_when_both_are_full",
    ),
    "too_many_changes": (
        "more edits and reactions of one message than are kept",
        "sessions/test_changing.py",
        "test_a_message_is_changed_so_often_and_not_without_end",
    ),
    "too_many_rooms": (
        "a room more than a chat may have",
        "state/test_rooms.py",
        "test_rooms_and_their_members_are_limited",
    ),
    "too_many_own_rooms": (
        "a room more than one person may make",
        "state/test_rooms.py",
        "test_nobody_makes_more_than_a_share_of_all_rooms",
    ),
    "room_full": (
        "a member more than a room may have",
        "state/test_rooms.py",
        "test_rooms_and_their_members_are_limited",
    ),
    "too_many_asked": (
        "a question to a 101st person while 100 have not answered",
        "state/test_friendships.py",
        "test_so_many_questions_may_be_open",
    ),
    "too_many_blocked": (
        "a 1,001st person to be blocked",
        "state/test_friendships.py",
        "test_so_many_people_may_be_blocked",
    ),
    "index_not_ready": (
        "a search while the words of the archive are not all known",
        "sessions/test_searches.py",
        "test_without_a_whole_index_nothing_is_searched",
    ),
    "too_many_invites": (
        "an invite while 100 of the same person wait",
        "state/test_invites.py",
        "test_a_person_has_a_limited_number_of_waiting_invites",
    ),
    "quota_exceeded": (
        "a file more than one person's files may take",
        "sessions/test_files.py",
        "test_more_than_one_file_or_one_person_may_have_is_refused",
    ),
    "file_on_its_way": (
        "a message whose file this server still fetches from the other one",
        "sessions/test_files.py",
        "test_a_message_that_is_archived_is_answered_again_without_its_file",
    ),
    "unknown": (
        "a request that could not be archived in time",
        "engine/test_engine.py",
        "test_nobody_waits_longer_than_the_limit",
    ),
    "disk_full": (
        "a message for a server whose disk is full",
        "engine/test_full_disk.py",
        "test_a_full_disk_refuses_what_is_new_and_nothing_else",
    ),
    "shutting_down": (
        "a server that is stopped",
        "sessions/test_session.py",
        "test_a_server_that_stops_says_where_to_go_on",
    ),
    "catching_up": (
        "a server that comes back and missed much",
        "sessions/test_merge.py",
        "test_a_server_with_much_to_learn_sends_its_people_to_the_other_one",
    ),
    "merged": (
        "one new device at both sides of a cut, under two names",
        "sessions/test_merge.py",
        "test_whose_device_belongs_to_somebody_else_after_the_merge_signs_in_anew",
    ),
    "silent": (
        "a connection that says nothing for 45 s",
        "sessions/test_time_limits.py",
        "test_who_is_silent_for_long_is_taken_for_dead",
    ),
    "internal": (
        "an archive that cannot be read",
        "sessions/test_back_pressure.py",
        "test_who_asks_an_archive_that_cannot_be_read_gets_an_answer",
    ),
}
