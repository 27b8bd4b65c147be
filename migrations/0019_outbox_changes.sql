-- Up Migration
-- Messages that came to nothing are shown live, too. What is queued and sent is not noted: every order does that, and a
-- condition on the row is all that it costs there.

alter table change_event drop constraint change_event_topic_check;
alter table change_event add constraint change_event_topic_check check (topic in ('instance', 'pairing', 'server', 'order',
  'top_up', 'withdrawal', 'access', 'catalogue', 'customer', 'broadcast', 'shop', 'outbox'));

-- Of many at a time, the first of each tenant.
create function note_outbox_change() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
declare
  mark text := new.tenant_id || ' ' || pg_current_xact_id()::text;
begin
  if current_setting('botfleet.outbox_noted', true) is not distinct from mark then
    return null;
  end if;
  perform set_config('botfleet.outbox_noted', mark, true);
  perform note_change('outbox', new.id::text, new.tenant_id, jsonb_build_object('status', new.state));
  return null;
end $$;
create trigger outbox_message_end_noted after update of state on outbox_message for each row
  when (old.state <> new.state and (old.state = 'dead' or new.state in ('dead', 'dropped')))
  execute function note_outbox_change();

revoke execute on function note_outbox_change from public;
