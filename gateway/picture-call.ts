import { readPicture } from '../services/catalogue/read-picture.ts'
import { type BusinessCall, decodeCall, passFence } from './call-frame.ts'

/** A product's picture, which a channel keeps by its own name for it once it was shown. */
export const pictureCall: BusinessCall = async (tx, claim, body) => {
  const { product } = decodeCall('picture', body)
  const { tenant } = await passFence(tx, claim)
  const picture = await readPicture(tx, { tenant, product })
  return { picture: picture?.bytes.toString('base64') ?? null }
}
