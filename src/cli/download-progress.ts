// Progress of files that come from the Hub, one after another, on standard error.

import { createProgress, type Progress } from './progress.ts'

const mebibyte = 2 ** 20

export type DownloadProgress = Disposable & {
  readonly onProgress: (file: string, bytes: number, total: number) => void
}

/** A bar per file; disposing ends the last one. Small files that come at once show none. */
export function downloadProgress(): DownloadProgress {
  let shown: { readonly file: string; readonly progress: Progress } | undefined
  return {
    onProgress(file, bytes, total) {
      if (total < mebibyte) return
      if (shown?.file !== file) {
        shown?.progress.finish()
        const progress = createProgress({
          title: `${file} (MiB)`,
          total: Math.ceil(total / mebibyte),
        })
        shown = { file, progress }
      }
      shown.progress.update(Math.ceil(bytes / mebibyte))
    },
    [Symbol.dispose]() {
      shown?.progress.finish()
    },
  }
}
