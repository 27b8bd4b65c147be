-- Up Migration
-- Where the channel stood at each attempt to answer: an answer that went out and was not noted lies behind one of them.
alter table handled_update add column answer_marks text[] not null default '{}';
