import { productPicture } from '../services/chat/product-picture.ts'
import { type BusinessCall, decodeCall, passFence } from './call-frame.ts'

/** A product's picture, which a channel keeps by its own name for it once it was shown. */
export const pictureCall: BusinessCall = async (tx, claim, body) => {
  const request = decodeCall('picture', body)
  const instance = await passFence(tx, claim)
  const picture = await productPicture(tx, instance.tenant, request)
  return { picture: picture?.toString('base64') ?? null }
}
