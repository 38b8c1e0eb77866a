import { describeConcurrencyLoad } from '../support/concurrency-load';

describeConcurrencyLoad(50);
