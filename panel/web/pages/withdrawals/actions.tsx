import { Button, Group } from '@mantine/core'
import type { ReactNode } from 'react'
import { call } from '../../api/call.ts'
import { useMay, useUser } from '../../api/session.ts'
import type { Withdrawal } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { AskSheet } from '../../parts/ask-sheet.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'

type Action = 'approve' | 'pay' | 'reject' | 'cancel'

/** What may be done with a withdrawal now: one person approves once, which the server sees to as well. */
export function WithdrawalActions({ withdrawal }: { readonly withdrawal: Withdrawal }) {
  const { t } = useLocale()
  const may = useMay()
  const { username } = useUser()
  const { status, approvals } = withdrawal
  const hasApproved = approvals.some(({ by }) => by === `user:${username}`)
  const possible: Record<Action, boolean> = {
    approve: status === 'requested' && !hasApproved && may('withdrawal.review'),
    pay: status === 'approved' && may('withdrawal.pay'),
    reject: (status === 'requested' && may('withdrawal.review')) || (status === 'approved' && may('withdrawal.force')),
    cancel: status === 'requested' && may('withdrawal.cancel'),
  }
  return (
    <Group gap={6}>
      {(Object.keys(possible) as Action[])
        .filter((action) => possible[action])
        .map((action) => (
          <Button
            key={action}
            size="compact-sm"
            variant={action === 'approve' || action === 'pay' ? 'filled' : 'default'}
            onClick={() => openSheet((close) => <Ask action={action} withdrawal={withdrawal} close={close} />)}
          >
            {t(`withdrawals.${action}`)}
          </Button>
        ))}
    </Group>
  )
}

interface AskProps {
  readonly action: Action
  readonly withdrawal: Withdrawal
  readonly close: () => void
}

function Ask({ action, withdrawal, close }: AskProps): ReactNode {
  const { t, format } = useLocale()
  const { id, tenant, amount, net, currency, status } = withdrawal
  const params = { id }
  const common = {
    title: t(`withdrawals.${action}`),
    submitText: t(`withdrawals.${action}`),
    close,
    stale: ['withdrawals', 'agents'],
    children: t('withdrawals.about', {
      tenant,
      amount: format.money(amount, currency),
      net: format.money(net, currency),
    }),
  }
  switch (action) {
    case 'approve':
      return (
        <AskSheet
          {...common}
          fields={[]}
          send={(_values, idempotencyKey) => call('POST /api/withdrawals/{id}/approve', { params, idempotencyKey })}
        />
      )
    case 'cancel':
      return (
        <AskSheet
          {...common}
          fields={[]}
          isGrave
          send={(_values, idempotencyKey) => call('POST /api/withdrawals/{id}/cancel', { params, idempotencyKey })}
        />
      )
    case 'pay':
      return (
        <AskSheet
          {...common}
          fields={[{ name: 'txid', label: t('withdrawals.txid'), hint: t('withdrawals.txid_hint'), isLatin: true }]}
          send={({ txid = '' }, idempotencyKey) =>
            call('POST /api/withdrawals/{id}/pay', { params, body: { txid: txid.trim() }, idempotencyKey })
          }
        />
      )
    case 'reject':
      return (
        <AskSheet
          {...common}
          fields={[{ name: 'reason', label: t('bots.reason'), hint: t('withdrawals.reason_hint'), kind: 'long' }]}
          isGrave
          send={({ reason = '' }, idempotencyKey) =>
            call('POST /api/withdrawals/{id}/reject', {
              params,
              body: { reason, ...(status === 'approved' ? { force: true } : {}) },
              idempotencyKey,
            })
          }
        />
      )
    default:
      return action satisfies never
  }
}
