import { describePause, type ExpiryPause } from '../domain/expiry-pause.ts'
import type { ConfirmedClock } from '../services/confirm-clock.ts'
import { formatLocalTime } from './format.ts'
import type { Output } from './output.ts'

/** Says why expiry is paused, and what ends that. */
export function renderPause(output: Output, pause: ExpiryPause): string {
  const what = `${describePause(pause)}: expiry is paused, and subscription time stands at ${formatLocalTime(pause.stands_at)}.`
  return [
    output.style('yellow', what.charAt(0).toUpperCase() + what.slice(1)),
    'Set the clock right, then: ./botfleet server confirm-clock',
  ].join('\n')
}

/** Says what the confirmation did. */
export function renderConfirmed({ pause, clock, due }: ConfirmedClock): string {
  const first = `Expiry goes on by the database's clock: ${formatLocalTime(clock)}. It had stood at ${formatLocalTime(pause.stands_at)}.`
  if (due.length === 0) return `${first}\nNo subscription has ended meanwhile.`
  const bots = due.length === 1 ? '1 bot has' : `${due.length} bots have`
  return `${first}\n${bots} ended by it and will be expired by the next server that looks: ${due.join(', ')}`
}
