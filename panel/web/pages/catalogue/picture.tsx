import { Button, FileInput, Group, Paper, Stack, Title } from '@mantine/core'
import { useState } from 'react'
import { call, revisionOf } from '../../api/call.ts'
import { base64Of } from '../../api/send-goods.ts'
import { useChange } from '../../api/use-change.ts'
import type { Product } from '../../api/views.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { ProblemNote } from '../../parts/sheet.tsx'
import { useAct } from '../../parts/use-act.ts'
import { toast } from '../../shell/toasts.tsx'

/** Gives a product its picture, another one, or none. */
export function Picture({ product }: { readonly product: Product }) {
  const { t } = useLocale()
  const [file, setFile] = useState<File | null>(null)
  const params = { id: product.id }
  const set = useChange({
    send: async (picture: File) =>
      call('PUT /api/products/{id}/picture', {
        params,
        ifMatch: revisionOf('GET /api/products/{id}', params),
        body: { picture: await base64Of(picture) },
      }),
    stale: ['catalogue'],
    onDone: () => {
      toast('good', t('saved'))
      setFile(null)
    },
  })
  const remove = useAct({
    send: (_nothing: null) => call('DELETE /api/products/{id}/picture', { params }),
    stale: ['catalogue'],
    doneText: t('saved'),
  })
  return (
    <Paper withBorder p="md" mb="md">
      <Title order={2} size="h4" mb="xs">
        {t('picture.title')}
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (file !== null) set.mutate(file)
        }}
      >
        <Stack>
          <FileInput
            label={t('picture.file')}
            description={t('picture.hint')}
            placeholder={t('stock.choose_file')}
            accept="image/jpeg,image/png,image/webp"
            clearable
            clearButtonProps={{ 'aria-label': t('stock.no_file') }}
            value={file}
            onChange={setFile}
          />
          <ProblemNote problem={set.error} />
          <Group>
            <Button type="submit" variant="default" loading={set.isPending} disabled={file === null}>
              {t('picture.set')}
            </Button>
            {product.picture !== null && (
              <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate(null)}>
                {t('picture.remove')}
              </Button>
            )}
          </Group>
        </Stack>
      </form>
    </Paper>
  )
}
