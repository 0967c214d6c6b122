/** What a list shows, with all its pages, as a file for Excel: made by the collector, which records that it was asked for. */
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { api, type Query } from '../api.ts'
import { Failure } from './failure.tsx'
import { useSpeech } from './language.tsx'

export interface Exported {
  /** Of the list, below `/api/v1`. */
  readonly path: string
  readonly query: Query
}

export function ExportButton({ path, query, all = false }: Exported & { all?: boolean }) {
  const { t, language } = useSpeech()
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => api.table(path, { ...query, language, zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
    onSuccess: ({ name, content }) => save(name, content),
  })
  return (
    <>
      <Button size="small" className="export" onClick={() => mutate()} loading={isPending}>
        {all ? t.list.saveAll : t.list.save}
      </Button>
      {error && <Failure error={error} />}
    </>
  )
}

/** Hands it to the reader. */
function save(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
