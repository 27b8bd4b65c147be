import type { SalesOfPeriod } from '../../../domain/agent-calls.ts'
import type { Route } from '../room.ts'
import type { Turn } from '../turn.ts'
import { declined, panelChoice } from './declined.ts'
import { say } from './texts.ts'

/** What was sold today, in a week, in a month and in all, and to how many. */
export const showStatistics: Route = async (turn) => {
  const { result } = await turn.call('agentStatistics', {})
  if (result.kind !== 'done') return declined(turn, result)
  const { language } = turn
  const { customers, recent_customers: recent } = result
  const text = [
    say(language, 'sales'),
    ...result.sales.map((sales) => salesText(turn, sales)),
    say(language, 'customers', { customers, recent }),
  ].join('\n\n')
  return { screens: [{ text, choices: [[panelChoice(turn)]], replaces: true }] }
}

function salesText({ language }: Turn, { period, orders, units, money }: SalesOfPeriod): string {
  const lines = money.map((sums) => say(language, 'sales_money', sums))
  return [say(language, `sales_${period}`, { orders, units }), ...lines].join('\n')
}
