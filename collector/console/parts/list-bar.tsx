/** What narrows a list: search, period, choices. All of it stands in the address bar. */
import { Button, Select } from 'antd'
import { memo, type ReactNode } from 'react'
import { useSpeech } from './language.tsx'
import { SearchBox } from './search-box.tsx'

/** What is asked of a list, by name, as the address bar has it. */
export type Asked = Readonly<Record<string, string | undefined>>
export type Ask = (change: Asked) => void

export interface Choice {
  readonly name: string
  /** What stands there when nothing is chosen. */
  readonly every: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
}

export interface ListBarProps {
  readonly asked: Asked
  readonly ask: Ask
  /** What is searched, for the placeholder; absent: nothing is. `help` says more. */
  readonly search?: string
  readonly searchHelp?: string
  readonly hasPeriod?: boolean
  readonly choices?: readonly Choice[]
  readonly children?: ReactNode
}

/** Whether anything is left out: an order leaves out nothing. */
export const isNarrowed = (asked: Asked): boolean =>
  Object.entries(asked).some(([name, value]) => value !== undefined && !['order', 'sort'].includes(name))

/** Drawn anew only when it is another one: news of the rows comes several times a second. */
export const ListBar = memo(Bar)

function Bar({ asked, ask, search, searchHelp, hasPeriod = false, choices = [], children }: ListBarProps) {
  const { t } = useSpeech()
  const clear = Object.fromEntries(
    ['q', 'from', 'to', ...choices.map(({ name }) => name)].map((name) => [name, undefined]),
  )
  return (
    <span className="filters">
      {search !== undefined && (
        <SearchBox key={asked['q']} label={search} help={searchHelp} initial={asked['q']} search={(q) => ask({ q })} />
      )}
      {hasPeriod && (
        <span className="period">
          <Day label={t.list.from} name="from" asked={asked} ask={ask} />
          –
          <Day label={t.list.to} name="to" asked={asked} ask={ask} />
        </span>
      )}
      {choices.map(({ name, every, options }) => (
        <Select
          key={name}
          size="small"
          aria-label={every}
          className="filter"
          popupMatchSelectWidth={false}
          value={asked[name] ?? ''}
          options={[{ value: '', label: every }, ...options]}
          onChange={(value) => ask({ [name]: value })}
        />
      ))}
      {children}
      {isNarrowed(asked) && (
        <Button size="small" type="link" onClick={() => ask(clear)}>
          {t.list.clear}
        </Button>
      )}
    </span>
  )
}

function Day({ label, name, asked, ask }: { label: string; name: 'from' | 'to'; asked: Asked; ask: Ask }) {
  return (
    <input
      type="date"
      className="day"
      aria-label={label}
      title={label}
      value={asked[name] ?? ''}
      onChange={({ target }) => ask({ [name]: target.value })}
    />
  )
}
