-- Up Migration
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
