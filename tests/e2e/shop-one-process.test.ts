import { describeShopApi } from './shop/shop-api.ts'

describeShopApi('one process')
