/**
 * Stands in for Baileys' files, pictures, sounds and previews: what a worker sends it seals and uploads by itself
 * (worker/whatsapp/upload-media.ts), without a file system, and it fetches nothing. Whatever would need one of these fails.
 */
function never(): never {
  throw new Error('this worker handles no media of the library')
}

export const DEF_MEDIA_HOST = 'mmg.whatsapp.net'
export {
  never as decodeMediaRetryNode,
  never as decryptMediaRetryData,
  never as downloadAndProcessHistorySyncNotification,
  never as downloadContentFromMessage,
  never as encryptedStream,
  never as encryptMediaRetryRequest,
  never as generateProfilePicture,
  never as generateThumbnail,
  never as getAudioDuration,
  never as getAudioWaveform,
  never as getRawMediaUploadData,
  never as getStatusCodeForMediaRetry,
  never as getUrlFromDirectPath,
  never as getUrlInfo,
  uploader as getWAUploadToServer,
}

/** Made for each connection, and never called. */
function uploader(): () => never {
  return never
}
