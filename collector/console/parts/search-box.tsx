/** A field that one searches with, by Enter or its button, both of which say what they do. */
import { CloseCircleFilled, SearchOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useSpeech } from './language.tsx'

interface SearchBoxProps {
  readonly label: string
  readonly help?: string | undefined
  readonly initial?: string | undefined
  /** Trimmed; empty: for all. */
  readonly search: (words: string) => void
}

export function SearchBox({ label, help, initial = '', search }: SearchBoxProps) {
  const { t } = useSpeech()
  return (
    <Input.Search
      size="small"
      className="filter"
      aria-label={label}
      placeholder={label}
      title={help}
      maxLength={256}
      defaultValue={initial}
      allowClear={{ clearIcon: <CloseCircleFilled aria-label={t.clear} /> }}
      enterButton={<Button aria-label={t.search} icon={<SearchOutlined aria-hidden />} />}
      onSearch={(words) => search(words.trim())}
    />
  )
}
