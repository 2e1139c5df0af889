// Recognizes the usual troubles in the output of pip, npm and compilers, and says the way out.

import { SetupFailure } from './failure.mjs'

/** @typedef {'full-disk' | 'no-network' | 'certificate' | 'damaged' | 'no-version' | 'no-memory' | 'permission'} Trouble */

/** In order of precedence: pip, for one, reports a lost network as a missing version as well.
 * @type {readonly (readonly [Trouble, RegExp])[]} */
const signs = [
  ['full-disk', /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|not enough space/i],
  ['certificate', /CERTIFICATE_VERIFY_FAILED|SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT/],
  [
    'damaged',
    /DO NOT MATCH THE HASHES|BadZipFile|Bad magic number|Bad CRC-32|invalid wheel|is invalid\.|EINTEGRITY|Z_DATA_ERROR|Z_BUF_ERROR|TAR_BAD_ARCHIVE|incorrect header check|invalid stored block/i,
  ],
  [
    'no-network',
    /Temporary failure in name resolution|Name or service not known|nodename nor servname|getaddrinfo|NewConnectionError|NameResolutionError|Connection refused|Connection reset|Network is unreachable|No route to host|ConnectTimeout|Read ?Timeout|Max retries exceeded|ProxyError|RemoteDisconnected|IncompleteRead|incomplete-download|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED/i,
  ],
  ['no-memory', /Killed signal terminated program|out of memory|cannot allocate memory/i],
  ['permission', /\bEACCES\b|\bEPERM\b|EROFS|ENOTDIR|Permission denied|Read-only file system/],
  ['no-version', /No matching distribution found|Could not find a version that satisfies/],
]

/** @param {string} output of the tool that failed
 * @returns {Trouble | undefined} */
export function recognize(output) {
  return signs.find(([, sign]) => sign.test(output))?.[0]
}

/**
 * The failure to throw for a tool that ended badly.
 * @param {string} doing for example "installing torch"
 * @param {{ output: string, log: string, folder: string, again?: string, index?: string }} found
 *   `folder` is where it was writing, `again` the advice where nothing known is recognized, `index`
 *   where it looked for packages
 */
export function explain(doing, { output, log, folder, again, index }) {
  const wayOut = describe(recognize(output), folder) ?? again ?? 'The log has its last words.'
  const asked = index === undefined ? '' : `\nAsked: ${index}`
  const last = recognize(output) ? '' : lastWords(output)
  return new SetupFailure(`${doing} failed${last}`, `${wayOut}${asked}\nLog: ${log}`)
}

/** @param {string} output */
function lastWords(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const telling = lines.filter(
    (line) => /error/i.test(line) && !/^npm error A complete log/.test(line),
  )
  const line = (telling[0] ?? lines.at(-1) ?? '').trim()
  return line === '' ? '' : `: ${line.slice(0, 300)}`
}

/** @param {Trouble | undefined} trouble @param {string} folder */
function describe(trouble, folder) {
  switch (trouble) {
    case 'full-disk':
      return `The disk is full. Free about 4 GB for ${folder} (or set RETOOL_CACHE to a folder on another disk), and see that the temporary folder (TMPDIR) has 1 GB, then run it again.`
    case 'no-network':
      return 'A package registry could not be reached. Check the network (behind a proxy: HTTPS_PROXY; own mirrors: PIP_INDEX_URL and npm config set registry), then run it again; what was already fetched is kept.'
    case 'certificate':
      return 'The certificate of a package registry was not accepted. Behind a proxy of your company name its certificate: PIP_CERT for pip, NODE_EXTRA_CA_CERTS for npm.'
    case 'damaged':
      return 'A download arrived damaged. Run it again; if it happens again, empty the caches: python3 -m pip cache purge, npm cache clean --force.'
    case 'no-memory':
      return 'The machine ran out of memory. Close other programs or set RETOOL_JOBS=1, then run it again.'
    case 'permission':
      return `${folder} cannot be written. Check its owner and that it is a folder, or set RETOOL_CACHE to a folder of your own.`
    case 'no-version':
      return 'The package registry has no such version for this Python and this system. Python 3.10 to 3.14 on 64-bit Linux or macOS are supported; if you use a mirror, it may lack it.'
    default:
      return undefined
  }
}

/** Turns what file system calls throw into a failure with a way out; anything else stays as it is.
 * @param {unknown} error @param {string} folder */
export function explainFileError(error, folder) {
  if (error instanceof SetupFailure || !(error instanceof Error) || !('code' in error)) return error
  const wayOut = describe(recognize(`${error.code} ${error.message}`), folder)
  return wayOut ? new SetupFailure(`writing failed: ${error.message}`, wayOut) : error
}
