// Property tests draw the same cases every time, so that a failure is a change of ours; another
// FC_SEED draws others.

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['FC_SEED'] ?? 1) })
