import { Alert, Loader } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { call, reach } from '../api/call.ts'
import { useStore } from '../api/store.ts'
import { useLocale } from '../i18n/locale.tsx'

const askEveryMs = 3_000

/** While the server or its database is away: says so, asks until it is back, and then shows everything anew. */
export function ReachBanner() {
  const state = useStore(reach)
  const { t } = useLocale()
  const client = useQueryClient()
  useEffect(() => {
    if (state === 'fine') return
    const timer = setInterval(() => {
      call('/api/health').then(
        () => client.invalidateQueries(),
        () => undefined,
      )
    }, askEveryMs)
    return () => clearInterval(timer)
  }, [state, client])
  if (state === 'fine') return null
  return (
    <Alert
      role="alert"
      color="red"
      variant="outline"
      mb="md"
      icon={<Loader size="xs" aria-hidden />}
      title={t(state === 'server_away' ? 'reach.server_away' : 'reach.database_away')}
    >
      {t('reach.nothing_is_sent')}
    </Alert>
  )
}
