import { roles } from '../../../../domain/actor.ts'
import type { User } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import type { Field } from '../../parts/ask-sheet.tsx'
import { roleText } from '../../parts/words.ts'

/** The fields of a role and, of an agent, its shop. */
export function useRoleFields(user?: User): Field[] {
  const { t } = useLocale()
  return [
    {
      name: 'role',
      label: t('people.role'),
      kind: 'choice',
      value: user?.role ?? 'operator',
      choices: roles.map((value) => ({ value, label: t(roleText[value]) })),
    },
    {
      name: 'tenant',
      label: t('bot.tenant'),
      hint: t('people.tenant_hint'),
      value: user?.tenant ?? '',
      isAsked: ({ role }) => role === 'agent',
      isLatin: true,
    },
  ]
}

/** What a role is sent as, an agent's with its shop. */
export function roleOf(values: Readonly<Record<string, string>>): { role: User['role']; tenant?: string } {
  const role = roles.find((one) => one === values['role']) ?? 'viewer'
  const tenant = (values['tenant'] ?? '').trim()
  return { role, ...(role === 'agent' ? { tenant } : {}) }
}
