import { type BotCommand, tellBot } from '../../api/bots.ts'
import { useChange } from '../../api/use-change.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { tellTrouble, toast } from '../../shell/toasts.tsx'

/** Tells a bot something and says what came of it. */
export function useTellBot(done?: () => void) {
  const { t } = useLocale()
  return useChange({
    send: (command: BotCommand, key) => tellBot(command, key),
    stale: ['bots', 'servers', 'pairing'],
    onDone: (_answer, { verb }) => {
      toast('good', t(`done.${verb}`))
      done?.()
    },
    // A dialog says itself why it failed.
    onProblem: (problem) => {
      if (done === undefined) tellTrouble(problem, t)
    },
  })
}
