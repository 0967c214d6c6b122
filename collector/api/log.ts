/** The operator's log, as far as the API speaks to it. */
export interface ApiLog {
  readonly error: (sentence: string, fields?: Readonly<Record<string, unknown>>) => void
}
