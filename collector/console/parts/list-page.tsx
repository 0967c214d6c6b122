/** A list as people work with it: how many, what narrows it, the table, the next page, and all of it as a file. */
import { Button } from 'antd'
import { type ReactNode, useCallback } from 'react'
import { ExportButton, type Exported } from './export-button.tsx'
import { Failure } from './failure.tsx'
import { useSpeech } from './language.tsx'
import { List, type ListProps } from './list.tsx'
import { type Ask, isNarrowed, ListBar, type ListBarProps } from './list-bar.tsx'

interface ListPageProps<Item>
  extends ListBarProps, Omit<ListProps<Item>, 'label' | 'busy' | 'items' | 'sort' | 'onSort'> {
  /** Of the heading. */
  readonly id: string
  readonly title: string
  /** Undefined while nothing is known of it. */
  readonly page: { readonly items: readonly Item[]; readonly total: number; readonly next?: string } | undefined
  readonly countText?: (shown: number, total: number) => string
  readonly error: unknown
  readonly retry: () => void
  readonly busy: boolean
  /** Where the page begins; undefined on the first. */
  readonly before?: string | undefined
  readonly exported?: Exported
  /** Between heading and table. */
  readonly above?: ReactNode
}

export function ListPage<Item extends { readonly id: string | number }>(props: ListPageProps<Item>) {
  const { t } = useSpeech()
  const { id, title, page, countText = t.list.count, error, retry, busy, before, exported, above, empty } = props
  const { asked, ask, search, searchHelp, hasPeriod, choices, children, columns, rowClass, open } = props
  // Another list begins at its beginning.
  const askAnew: Ask = useCallback((change) => ask({ ...change, before: undefined }), [ask])
  const bar = { asked, search, searchHelp, hasPeriod, choices }
  const given = Object.fromEntries(Object.entries(bar).filter(([, value]) => value !== undefined))
  return (
    <section className="card" aria-labelledby={id}>
      <h2 id={id}>
        {title}
        {page && <span className="aside">{countText(page.items.length, page.total)}</span>}
        <ListBar asked={asked} ask={askAnew} {...given}>
          {children}
        </ListBar>
        {exported && <ExportButton {...exported} />}
      </h2>
      {error !== null && <Failure error={error} retry={retry} />}
      {above}
      <List
        label={title}
        columns={columns}
        items={page?.items ?? []}
        rowClass={rowClass}
        {...(open && { open })}
        empty={isNarrowed(asked) ? t.list.emptyFiltered : empty}
        busy={busy}
        sort={asked['sort']}
        onSort={(sort) => askAnew({ sort })}
      />
      <div className="turn">
        {before !== undefined && <Button onClick={() => ask({ before: undefined })}>{t.list.newest}</Button>}
        {page?.next !== undefined && <Button onClick={() => ask({ before: page.next })}>{t.list.next}</Button>}
      </div>
    </section>
  )
}
