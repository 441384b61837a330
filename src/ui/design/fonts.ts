// Pretendard, in slices that the browser fetches from this site as it needs them.
import 'pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css';
