-- Up Migration
-- Of each chat at most one thing is in doubt when a worker has died: what it was saying there. The next worker has to settle
-- that before it says anything else, or its own words stand where it looks for that of its predecessor (docs/adr/0004).

-- What is in a bot's hands: at the start of its next worker that is what its last one was saying.
create index outbox_message_in_hand on outbox_message (instance_id) where state = 'claimed';

-- As in migration 0010, but what was in hand when the worker before ended comes first, be it one of many or not.
create or replace function outbox_next(
  for_instance text, with_epoch bigint, in_chat text, want_bulk boolean, mark text, attempts_max integer, lease interval
) returns outbox_message language plpgsql security definer set search_path = public, pg_temp as $$
declare
  me instance;
  next_id bigint;
  m outbox_message;
begin
  select * into me from instance where id = for_instance;
  perform assert_gateway_tenant(me.tenant_id);
  loop
    next_id := null;
    select case when is_ready(o, me) then o.id end into next_id
    from outbox_of_chat(me, in_chat) as o where not o.bulk or (o.state = 'claimed' and o.instance_id = me.id)
    order by o.state = 'claimed' and o.instance_id = me.id desc, o.id limit 1;
    if next_id is null and want_bulk then
      select o.id into next_id from outbox_of_chat(me, in_chat) as o where o.bulk and is_ready(o, me) order by o.id limit 1;
    end if;
    if next_id is null then
      return null;
    end if;
    m := null;
    select * into m from outbox_message where id = next_id and state in ('queued', 'claimed') for update skip locked;
    if m.id is null or not is_ready(m, me) then
      return null;
    end if;
    if m.attempts >= attempts_max then
      update outbox_message set state = 'dead', ended_at = clock_timestamp(), claimed_until = null,
        last_error = coalesce(last_error, 'its worker ended at each attempt')
      where id = m.id;
    elsif m.broadcast_id is not null and exists (
      select from customer where id = m.customer_id and (broadcasts_off_at is not null or blocked_at is not null)
    ) then
      update outbox_message set state = 'dropped', ended_at = clock_timestamp(), last_error = 'the customer opted out'
      where id = m.id;
    else
      update outbox_message set state = 'claimed', instance_id = me.id, epoch = with_epoch, attempts = m.attempts + 1,
        claimed_until = clock_timestamp() + lease,
        answer_marks = (case when mark is null then answer_marks else answer_marks || mark end)[
          greatest(1, cardinality(answer_marks) - 3):]
      where id = m.id;
      -- As it was: the marks of earlier attempts are those that may have succeeded.
      return m;
    end if;
  end loop;
end $$;

-- The end of a turn says which message id its bot has reached, too, and every worker begins with the highest that is known:
-- behind a mark that is too low stand earlier messages of the same chat, and one of them would be taken for the answer.

create function settle_turn(for_instance text, with_epoch bigint, with_nonce text, update_keys text[],
  asks boolean, person text, asked jsonb, with_key text, ids bytea[], boxes text[], reached bigint) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform settle_turn(for_instance, with_epoch, with_nonce, update_keys, asks, person, asked, with_key, ids, boxes);
  if reached is not null then
    insert into channel_mark (instance_id, mark) values (for_instance, reached)
    on conflict (instance_id) do update set mark = excluded.mark where channel_mark.mark < excluded.mark;
  end if;
end $$;
revoke execute on function settle_turn(text, bigint, text, text[], boolean, text, jsonb, text, bytea[], text[], bigint) from public;
