import { formatPercent, type MarkupView } from '../../domain/markup.ts'
import { formatAmount } from '../../domain/money.ts'

/** The columns of a tenant's markup; the tenant's alias is `t`. Amounts as text, since they are bigint. */
export const markupColumnsSql = `
  t.markup_kind, t.markup_hundredths::text as markup_hundredths,
  coalesce((select json_object_agg(f.currency, f.amount::text) from tenant_fixed_markup f where f.tenant_id = t.id),
    '{}') as fixed_markups`

export interface MarkupRow {
  markup_kind: 'percent' | 'fixed'
  markup_hundredths: string
  fixed_markups: Record<string, string>
}

export function markupViewOf(row: MarkupRow): MarkupView {
  return {
    kind: row.markup_kind,
    percent: formatPercent(BigInt(row.markup_hundredths)),
    fixed: {
      USDT: formatAmount(BigInt(row.fixed_markups['USDT'] ?? '0'), 'USDT'),
      IRR: formatAmount(BigInt(row.fixed_markups['IRR'] ?? '0'), 'IRR'),
    },
  }
}
