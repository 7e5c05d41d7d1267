"""Every claim of docs/safety.md has tests, named here by the words that the claim begins with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DOCUMENT = TESTS.parent / "docs" / "safety.md"

# By the first words of a point or of a row, or of a sentence that is neither: files and tests.
CLAIMS = {
    "Size.": """
        service/guard/test_guard.py::test_a_body_has_a_largest_size
        service/guard/test_room.py::test_nine_uploads_at_once_keep_the_room_that_stays_free
        service/guard/test_room.py::test_a_person_has_so_much
        service/guard/test_uploads.py::test_nothing_stays_of_what_broke_off
    """,
    "Kind.": """
        decoding/test_checks.py::test_the_content_decides_not_the_name
        decoding/test_checks.py::test_other_kinds_of_files_are_named
    """,
    "A separate process.": """
        decoding/test_process.py::test_the_process_sees_no_secrets_and_runs_no_code_of_others
        decoding/test_main.py::test_a_process_that_needs_too_much_memory_fails
        decoding/test_main.py::test_a_process_that_uses_up_its_processor_time_is_stopped
        decoding/test_process.py::test_a_process_that_takes_too_long_is_killed
        decoding/test_source.py::test_once_the_video_is_open_nothing_else_can_be_opened
        decoding/test_source.py::test_a_playlist_never_reads_the_file_it_names
        decoding/test_source.py::test_a_codec_off_the_list_is_refused
        decoding/test_sound.py::test_only_a_process_that_is_asked_for_sound_may_use_its_codecs
        decoding/test_sound.py::test_more_than_the_limit_is_refused
        decoding/test_sound.py::test_another_answer_is_one_sentence
        decoding/test_places.py::test_one_caller_never_has_the_last_place
        decoding/test_places.py::test_a_run_goes_before_all_previews_that_wait
        decoding/test_process.py::test_where_all_places_are_taken_the_server_is_busy
    """,
    "Declared size, then real size.": """
        decoding/test_checks.py::test_limits_hold_for_a_file
        decoding/test_checks.py::test_a_limit_itself_is_allowed_and_more_is_not
    """,
    "New files only.": """
        service/guard/test_uploads.py::test_nothing_that_was_uploaded_comes_back
    """,
    "Every wrong value of a request": """
        page/test_api.py::test_a_bad_value_gets_one_sentence
        service/guard/test_payloads.py::test_forged_values_end_in_a_sentence_or_change_nothing
    """,
    "stands before Gradio's addresses": """
        service/guard/test_guard.py::test_unknown_addresses_do_not_exist
        service/guard/test_addresses.py::test_there_is_nothing_else
    """,
    "Words of a visitor": """
        words/test_model.py::test_other_words_are_refused_in_one_sentence
        words/test_clipseg.py::test_files_that_are_no_model_are_one_sentence
        words/test_loading.py::test_the_named_files_of_the_named_revision_are_fetched_and_checked
        service/test_beside.py::test_it_is_stopped_when_nobody_waits_any_more
        service/test_beside.py::test_it_may_take_only_so_long
        page/test_endpoint.py::test_one_work_with_words_of_a_person_is_done_at_a_time
    """,
    "A file is sent only if": """
        service/guard/test_guard.py::test_files_may_be_shown_if_they_are_ours_and_of_a_safe_kind
        service/guard/test_addresses.py::test_only_results_have_an_address
        service/guard/test_addresses.py::test_links_lead_nowhere
        service/guard/test_uploads.py::test_web_pages_and_drawings_never_come_back
    """,
    "Previews count": """
        service/test_owned.py::test_a_person_has_so_much_and_others_have_theirs
        service/test_owned.py::test_what_was_not_used_lately_goes_first
    """,
    "Each upload has a folder": """
        service/guard/test_uploads.py::test_two_uploads_of_the_same_file_are_two_files
        service/guard/test_uploads.py::test_the_address_of_an_upload_does_not_follow_from_its_content
    """,
    "One person": """
        service/guard/test_under_way.py::test_a_person_has_so_many_requests_and_others_have_theirs
        service/guard/test_guard.py::test_too_many_requests_of_one_person_are_refused
        service/guard/test_pace.py::test_more_than_that_is_answered_at_the_usual_pace
        service/guard/test_pace.py::test_refusals_are_slowed_down_for_whoever_asks_for_them
        service/test_turns.py::test_long_jobs_of_one_person_do_not_hold_up_the_short_ones_of_others
        service/test_turns.py::test_a_long_job_has_its_turn_though_short_ones_never_end
        service/test_event_queue.py::test_one_person_has_few_events_and_others_have_theirs
        service/test_event_queue.py::test_places_that_are_few_are_given_in_turn
        service/test_connections.py::test_an_address_has_so_many_connections
        service/test_people.py::test_the_first_half_of_an_ipv6_address_is_a_household
        service/guard/test_honest_use.py::test_two_tabs_sliders_reloads_and_a_client_with_threads
    """,
    "After five wrong passwords": """
        service/guard/test_guard.py::test_wrong_passwords_cost_time
        service/guard/test_passwords.py::test_of_two_hundred_wrong_passwords_a_few_count
        service/guard/test_passwords.py::test_the_wait_grows_to_a_longest_one
    """,
    "Pages of other sites": """
        service/guard/test_guard.py::test_what_other_sites_send_is_refused
        service/guard/test_sessions.py::test_other_sites_may_not_read_answers
    """,
    "A connection is closed": """
        service/test_connections.py::test_half_a_request_is_closed
        service/test_connections.py::test_a_header_that_drips_is_closed
        service/test_connections.py::test_whoever_takes_nothing_is_closed
    """,
    "Files named in a request": """
        service/guard/test_payloads.py::test_a_payload_names_no_file_but_an_upload
    """,
    "Agents call the endpoints": """
        service/guard/test_agents.py::test_no_file_but_an_upload_is_taken_and_nothing_is_fetched
        service/guard/test_agents.py::test_nothing_else_of_gradio_s_server_of_tools_is_there
        service/guard/test_agents.py::test_a_person_has_so_many_calls_under_way_and_others_have_theirs
        service/guard/test_agents.py::test_an_agent_that_hangs_up_has_its_job_stopped
        service/guard/test_agents.py::test_no_session_is_made_or_known
        page/test_tool_address.py::test_only_post_is_answered
        page/test_tool_address.py::test_several_messages_at_once_are_none
        page/test_tool_address.py::test_a_password_is_asked_for
    """,
    "Jobs and their records": """
        service/guard/test_sessions.py::test_a_job_answers_to_its_token_only
        service/test_job.py::test_tokens_differ_and_are_not_the_folder
        service/test_files.py::test_a_new_folder_is_private_and_has_a_random_name
    """,
    "uploads, results, and previews": """
        service/test_files.py::test_all_that_is_old_is_removed
        service/guard/test_room.py::test_ones_own_oldest_goes_when_it_was_not_used_lately
    """,
    "a record of each job": """
        service/guard/test_addresses.py::test_the_record_of_a_job_has_no_address
        service/test_files.py::test_records_are_removed_after_their_jobs
        service/test_records.py::test_records_are_private_and_outside_the_folder_of_the_job
    """,
    "what is shown of a job that is over": """
        service/test_queue.py::test_finished_jobs_have_a_budget
    """,
    "jobs that wait or run": """
        service/test_queue.py::test_a_person_has_one_job_that_runs_and_one_that_waits
        service/test_job.py::test_a_checkpoint_ends_a_job_that_nobody_watches
        page/test_endpoint.py::test_a_client_who_never_listens_has_its_job_stopped
    """,
    "what a page has chosen": """
        service/test_sessions.py::test_the_oldest_session_of_the_same_person_goes
        service/test_sessions.py::test_a_closed_session_is_forgotten_after_a_while
        service/test_sessions.py::test_no_value_that_somebody_sent_is_kept
    """,
    "how fast an address asks": """
        service/guard/test_pace.py::test_few_people_are_remembered
        service/test_turns.py::test_few_people_are_remembered
    """,
    "events that wait or run": """
        service/test_event_queue.py::test_one_person_has_few_events_and_others_have_theirs
        service/test_event_queue.py::test_the_page_answers_while_all_visitors_wait
    """,
    "messages to a page": """
        service/test_event_queue.py::test_messages_that_nobody_fetches_do_not_pile_up
    """,
    "how far an upload is": """
        service/guard/test_guard.py::test_few_progresses_are_kept
    """,
    "the clips that were decoded last": """
        service/test_clips.py::test_the_clips_used_last_are_kept_within_the_bound
        service/test_clips.py::test_clips_of_an_open_page_stay_until_it_is_closed
        service/test_clips.py::test_clips_of_whoever_has_no_page_open_are_forgotten_soon
    """,
    "session and network address": """
        service/test_people.py::test_nothing_of_session_and_address_is_kept
    """,
    "the log": """
        test_app_process.py::test_health_figures_and_log_are_open_and_name_nobody
        service/test_monitoring.py::test_lines_of_other_packages_are_json_and_name_nobody
    """,
    "Where somebody has used up": """
        service/test_shares.py::test_a_person_loses_what_is_oldest
        service/test_shares.py::test_nobody_loses_anything_because_of_somebody_who_keeps_more
        service/test_sessions.py::test_invented_sessions_take_nobody_elses
    """,
    "There are no analytics.": """
        test_app_process.py::test_without_network_there_is_one_line_and_the_page
    """,
    "It keeps no history of runs": """
        page/test_page.py::test_upload_generate_download_reload
        page/test_page.py::test_there_is_no_history_of_runs
    """,
}


def protecting_text() -> str:
    """The document without the last part, which says what is not protected."""
    return DOCUMENT.read_text(encoding="utf-8").split("## What this does not protect from")[0]


def test_every_point_and_every_row_is_a_claim_with_tests():
    text = protecting_text().replace("**", "")
    points = re.findall(r"^(?:\d+\.|-|\|) (.*)$", text, re.MULTILINE)
    points = [point for point in points if not point.startswith(("what |", "---"))]
    assert len(points) > 20
    assert not [point for point in points if not point.startswith(tuple(CLAIMS))]


def test_every_claim_is_still_made():
    text = " ".join(protecting_text().replace("**", "").split())
    assert not [words for words in CLAIMS if words not in text]


@pytest.mark.parametrize("words", CLAIMS)
def test_the_tests_of_a_claim_are_there(words):
    names = CLAIMS[words].split()
    assert names
    for name in names:
        path, _, test = name.partition("::")
        assert f"\ndef {test}(" in (TESTS / path).read_text(encoding="utf-8"), name
