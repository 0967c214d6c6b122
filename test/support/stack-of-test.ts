import { onTestFinished } from 'vitest'

/** Holds what a test opens, until the test has ended; then closes it, newest first. */
export function stackOfTest(): AsyncDisposableStack {
  const stack = new AsyncDisposableStack()
  onTestFinished(() => stack.disposeAsync())
  return stack
}
