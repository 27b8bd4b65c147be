import { Button, Group, Paper, Text } from '@mantine/core'
import { isAllowed } from '../../../../domain/subscription.ts'
import { useMay } from '../../api/session.ts'
import type { InstanceView } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { openSheet } from '../../shell/sheet-host.tsx'
import { SuspendSheet } from './grave-sheets.tsx'
import { PeriodSheet } from './period-sheet.tsx'
import { useTellEach } from './use-tell-each.ts'

interface BulkProps {
  readonly bots: readonly InstanceView[]
  readonly done: () => void
}

const plainVerbs = ['start', 'stop', 'restart', 'activate'] as const
const sheetVerbs = ['approve', 'renew', 'suspend'] as const

/** What may be done with all chosen bots at once. */
export function BulkBar({ bots, done }: BulkProps) {
  const { t } = useLocale()
  const may = useMay()
  const fits = (verb: (typeof plainVerbs)[number] | (typeof sheetVerbs)[number]) =>
    may(`instance.${verb}`) && bots.every(({ status }) => isAllowed(verb, status))
  const open = (verb: (typeof sheetVerbs)[number]) =>
    openSheet((close) => {
      const finish = () => {
        close()
        done()
      }
      return verb === 'suspend' ? (
        <SuspendSheet bots={bots} close={close} done={finish} />
      ) : (
        <PeriodSheet verb={verb} bots={bots} close={close} done={finish} />
      )
    })
  return (
    <Paper withBorder p="xs" mb="sm" role="region" aria-label={t('bulk.label')}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {t('bulk.chosen', { count: bots.length })}
        </Text>
        {sheetVerbs.filter(fits).map((verb) => (
          <Button key={verb} size="compact-sm" variant="default" onClick={() => open(verb)}>
            {t(`action.${verb}`)}
          </Button>
        ))}
        {plainVerbs.filter(fits).map((verb) => (
          <PlainVerb key={verb} verb={verb} bots={bots} done={done} />
        ))}
        <Button size="compact-sm" variant="subtle" onClick={done}>
          {t('bulk.none')}
        </Button>
      </Group>
    </Paper>
  )
}

function PlainVerb(props: BulkProps & { readonly verb: (typeof plainVerbs)[number] }) {
  const { verb, bots, done } = props
  const { t } = useLocale()
  const tell = useTellEach(done)
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={tell.isPending}
      onClick={() => tell.mutate(bots.map(({ id }) => ({ id, verb })))}
    >
      {t(`action.${verb}`)}
    </Button>
  )
}
