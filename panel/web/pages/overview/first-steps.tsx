import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import { useBots } from '../../api/bots.ts'
import { useMay, useUser } from '../../api/session.ts'
import type { TextKey } from '../../i18n/catalogue.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { Note } from '../../parts/note.tsx'

/** What to do first, for who may create bots, until there is one on any server. */
export function FirstSteps() {
  const { t } = useLocale()
  const may = useMay()
  const user = useUser()
  const bots = useBots({ server: '*' })
  if (!may('instance.create') || bots.rows?.length !== 0) return null
  const steps: readonly (readonly [text: TextKey, href: string])[] = [
    ...(user.second_factor ? [] : [['first_steps.protect', '/account'] as const]),
    ['first_steps.create', '/bots/new'],
    ['first_steps.approve', '/bots?tab=new'],
    ...(may('user.manage') ? [['first_steps.invite', '/people'] as const] : []),
  ]
  return (
    <Note tone="calm" title={t('first_steps.title')}>
      <ol>
        {steps.map(([text, href]) => (
          <li key={text}>
            <Anchor component={Link} href={href} inherit>
              {t(text)}
            </Anchor>
          </li>
        ))}
      </ol>
    </Note>
  )
}
