/** In each worker: whatever asks for the system's temporary folder, here or in a program that is started here, gets the
 *  suite's own. */
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'

process.env['TMPDIR'] = inject('temporary')
/** Programs that are started here begin in half the time where Node need not strip and compile all of them again. */
process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))
