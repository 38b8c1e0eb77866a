import { describeConcurrencyLoad } from '../support/concurrency-load';

// `npm run soak` has fifty of them.
describeConcurrencyLoad(15);
