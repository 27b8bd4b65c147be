/** What every room may say. */

import type { Language } from '../../domain/worker-contract.ts'
import type { Route } from './room.ts'
import { type Choice, wayOut } from './screen.ts'
import en from './texts/common.en.json' with { type: 'json' }
import fa from './texts/common.fa.json' with { type: 'json' }
import ru from './texts/common.ru.json' with { type: 'json' }
import zh from './texts/common.zh.json' with { type: 'json' }
import { catalogue } from './texts.ts'

export const common = catalogue({ en, zh, fa, ru })

/** A turn that changes nothing and is answered with one sentence. */
export function plainly(key: 'away' | 'unknown' | 'stale' | 'cancelled'): Route {
  return async (turn) => {
    await turn.arrive()
    const screen = { text: common(turn.language, key), choices: [[homeChoice(turn.language)]] }
    return { screens: [{ ...screen, replaces: key === 'cancelled' }] }
  }
}

/** Leads to the home of every bot. */
export function homeChoice(language: Language): Choice {
  return wayOut('home', common(language, 'button_home'), 'home')
}

/** Gives up what is being asked for. */
export function cancelChoice(language: Language): Choice {
  return wayOut('cancel', common(language, 'button_cancel'), 'cancel')
}

/** Leads back to where the person came from. */
export function backChoice(language: Language, route: string, ...args: readonly (string | number)[]): Choice {
  return wayOut('back', common(language, 'button_back'), route, ...args)
}
