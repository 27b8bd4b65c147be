import { type InstanceView, restingStates } from '../domain/instance.ts'
import { agentIdOf } from '../domain/tenant.ts'
import type { Style } from './output.ts'

/** The three axes of an instance (design section 4). */
type InstanceAxes = Pick<InstanceView, 'status' | 'desired' | 'state'>

/**
 * Status, desired and observed state as one word: what a person wants to know first. `waiting` is an instance that
 * should run and that no server has taken up yet.
 */
export function stateWord(view: InstanceAxes): string {
  const atRest = view.state === 'stopped'
  if (view.status !== 'approved') return atRest || view.desired !== 'pairing' ? wordOfStatus(view) : view.state
  if (view.desired === 'stopped') return atRest ? 'stopped' : 'stopping'
  return atRest ? 'waiting' : view.state
}

function wordOfStatus(view: InstanceAxes): string {
  const ending = view.state !== 'stopped' && !restingStates.includes(view.state)
  return ending ? `${view.status}, ending` : view.status
}

/** The style of that word. */
export function stateStyle(view: InstanceAxes): Style | undefined {
  if (view.status === 'new') return 'cyan'
  if (view.status !== 'approved' || view.desired === 'stopped') return 'dim'
  if (view.state === 'running') return 'green'
  return restingStates.includes(view.state) ? 'red' : 'yellow'
}

/** Milliseconds since the bot began to receive; undefined while it does not. */
export function uptimeMs(view: InstanceView, nowMs: number): number | undefined {
  return view.state === 'running' ? Math.max(0, nowMs - Date.parse(view.state_at)) : undefined
}

/** Milliseconds of subscription left; undefined where there is none. */
export function timeLeftMs(view: InstanceView, nowMs: number): number | undefined {
  return view.expires_at === null || view.status === 'deleted' ? undefined : Date.parse(view.expires_at) - nowMs
}

/** What a person can do next about an instance, as a command or a sentence; undefined when all is well. */
export function nextStep(view: InstanceView): string | undefined {
  const { id } = view
  switch (view.status) {
    case 'new':
      return `./botfleet approve ${id} --months 1`
    case 'expired':
      return `./botfleet renew ${id} --months 1`
    case 'suspended':
      return `./botfleet activate ${id}`
    case 'deleted':
      return undefined
    case 'approved':
      if (view.resumes_with_agent) return `./botfleet agent resume ${agentIdOf(view.tenant)}`
      return view.desired === 'stopped' ? `./botfleet start ${id}` : stepOutOf(view)
    default:
      return view.status satisfies never
  }
}

function stepOutOf(view: InstanceView): string | undefined {
  switch (view.state) {
    case 'token_invalid':
      return `./botfleet set-token ${view.id} --token-file FILE`
    case 'conflict':
      return view.next_try_at === null
        ? `end the other program that uses this bot, then: ./botfleet restart ${view.id}`
        : undefined
    case 'logged_out':
      return `./botfleet pair ${view.id}`
    case 'session_error':
      return `bring back the key that sealed it (./botfleet doctor), or link anew: ./botfleet stop ${view.id} --wait, ./botfleet pair ${view.id} --new-device`
    case 'restricted':
      return `settle it with WhatsApp on the phone, then: ./botfleet restart ${view.id}`
    case 'failed':
      return `read ./botfleet logs ${view.id}, then: ./botfleet restart ${view.id}`
    default:
      return undefined
  }
}
