import { Button, Group, Paper, Title } from '@mantine/core'
import type { ReactNode } from 'react'
import { useMay } from '../../api/session.ts'

/** A part of the shop with what changes it. */
export function ShopPart(props: {
  readonly title: string
  readonly changeText: string
  readonly change: () => void
  readonly children: ReactNode
}) {
  const may = useMay()
  return (
    <Paper withBorder p="md">
      <Title order={3} size="h5" mb="xs">
        {props.title}
      </Title>
      {props.children}
      {may('shop.edit') && (
        <Group mt="md">
          <Button size="xs" variant="default" onClick={props.change}>
            {props.changeText}
          </Button>
        </Group>
      )}
    </Paper>
  )
}
