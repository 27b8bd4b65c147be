import { Group, NativeSelect, SimpleGrid } from '@mantine/core'
import { useState } from 'react'
import { useBotSamples } from '../../api/bots.ts'
import { useLocale } from '../../i18n/locale.tsx'
import { byteSteps, Chart } from '../../parts/chart.tsx'
import { Empty, Loaded } from '../../parts/loaded.tsx'

const spans = [1, 6, 24, 48]

/** Processor time and memory of a bot over the last hours. */
export function Charts({ id }: { readonly id: string }) {
  const { t, format } = useLocale()
  const [hours, setHours] = useState(1)
  const query = useBotSamples(id, hours)
  return (
    <>
      <Group mb="sm">
        <NativeSelect
          size="xs"
          aria-label={t('chart.span')}
          value={String(hours)}
          onChange={(event) => setHours(Number(event.currentTarget.value))}
          data={spans.map((span) => ({ value: String(span), label: t('chart.hours', { count: span }) }))}
        />
      </Group>
      <Loaded query={query} height={200}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t('chart.none')} />
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Chart
                title={t('bot.cpu')}
                times={items.map(({ at }) => at)}
                values={items.map(({ cpu_percent }) => cpu_percent)}
                show={format.percent}
              />
              <Chart
                title={t('bots.memory')}
                times={items.map(({ at }) => at)}
                values={items.map(({ memory_bytes }) => memory_bytes)}
                show={format.bytes}
                steps={byteSteps}
              />
            </SimpleGrid>
          )
        }
      </Loaded>
    </>
  )
}
