# The panels of a message, the comparison of two messages

inbox-tab-parts = 파트
inbox-tab-smtp = SMTP
inbox-tab-versions = 버전
tabs-as-sent = 원본 그대로
tabs-decoded = 디코딩
tabs-filter = 필터
tabs-to-source = 소스에서 보기
tabs-text-pictures = 그림만 있는 메일입니다.
tabs-text-empty = 텍스트도 HTML도 없는 메일입니다.
tabs-text-rendering = 텍스트 파트가 없어 HTML을 텍스트로 바꾸어 보여 줍니다.
tabs-source-mode = 소스 표시 방식
tabs-source-wrap = 줄 바꿈
tabs-source-unwrap = 줄 바꿈 해제
tabs-source-first-long = { $n }번째 줄이 너무 깁니다
tabs-source-long-line = { $n }자: 998자 초과
tabs-source-hidden = … { $n }자 더 있음
tabs-source-earlier = 이전 줄
tabs-source-later = 다음 줄
tabs-source-plain = 일반 텍스트
tabs-headers-filter = 이름이나 값으로 필터
tabs-headers-left-out = 숨긴 필드 { $n }개 보기
tabs-headers-sent = 메일의 헤더
tabs-headers-none = 헤더 필드가 없습니다
tabs-headers-added = Gatepost가 추가한 필드
tabs-headers-added-why = 받는 서버가 추가하는 필드입니다. 보낸 프로그램이 넣은 것이 아닙니다.
tabs-parts-trail = 열린 메일
tabs-parts-message = 메일
tabs-parts-open = 메일 열기
tabs-parts-download = 내려받기
tabs-parts-nested-frame = 첨부된 메일의 HTML
tabs-smtp-tls = 암호화됨
tabs-smtp-no-tls = 암호화되지 않음
tabs-smtp-no-auth = 로그인하지 않음
tabs-smtp-recipients = 받는 사람 수
tabs-smtp-duration = 소요 시간
tabs-smtp-again = 다시 보내기
tabs-smtp-swaks = swaks 명령 복사
tabs-invitation = 일정 초대
tabs-invitation-request = 초대
tabs-invitation-cancel = 취소됨
tabs-invitation-reply = 초대에 대한 응답
tabs-invitation-event = 일정
tabs-invitation-when = 일시
tabs-invitation-where = 장소
tabs-invitation-link = 링크
tabs-invitation-description = 설명
tabs-invitation-organizer = 주최자
tabs-invitation-attendees = 참석자
tabs-invitation-more = 이 캘린더에는 일정이 { $n }개 더 있습니다.
tabs-attendee-accepted = 수락
tabs-attendee-declined = 거절
tabs-attendee-tentative = 미정
tabs-attendee-optional = 선택 참석
tabs-attendee-invited = 초대됨

# Versions and the comparison
versions-count = 버전 { $n }개
versions-how = X-Template 필드가 같거나, 보낸 사람이 같고 제목이 숫자·주소·이름만 다른 메일입니다. 버전은 그 메일들의 공통된 내용입니다.
versions-version = 버전
versions-number = 버전 { $n }
versions-messages = 메일
versions-first = 처음
versions-last = 마지막
tabs-parts-unknown = 주소에 적힌 첨부 메일이 이 메일에 없거나, 너무 깊이 들어 있어 열 수 없습니다.
versions-compare = 비교
versions-with-before = 이전 버전과
versions-with-open = 이 메일과
compare-title = 비교
compare-older = 이전 메일
compare-newer = 이후 메일
compare-against = 대비
compare-swap = 바꾸기
compare-support = 지원율
compare-view-preview = 나란히
compare-view-text = 텍스트
compare-view-source = 소스
compare-view-headers = 헤더
compare-line = 줄
compare-equal = 차이가 없습니다
compare-cut = 처음 5,000줄 또는 5,000단어만 비교합니다.
compare-too-large = 4MiB보다 큰 메일은 나란히 볼 수만 있습니다.
compare-word-changes = 숫자 외 변경 { $n }건
compare-line-changes = 다른 줄 { $n }개
compare-skipped = 같은 줄 { $n }개

# Email previews
previews-fit = 맞춤
previews-width = 너비
previews-scheme = 색
previews-scheme-light = 밝게
previews-scheme-dark = 다크 모드
previews-scheme-forced = 강제 다크 모드
previews-sample = 예시 데이터
previews-sample-usual = 기본
previews-sample-no-name = 이름 없음
previews-sample-long-name = 긴 이름
previews-sample-hangul = 한글 이름
previews-sample-long-site = 긴 사이트 이름
previews-send = 메일함으로 보내기
previews-edit = 템플릿:
previews-replace = 바꾸려면:
previews-own = 직접 만든 메일
previews-built-in = 기본 메일
previews-checks = 검사

# 반복 일정
recur-daily = { $n ->
    [1] 매일
   *[other] { $n }일마다
}
recur-weekly = { $n ->
    [1] 매주
   *[other] { $n }주마다
}
recur-monthly = { $n ->
    [1] 매월
   *[other] { $n }개월마다
}
recur-yearly = { $n ->
    [1] 매년
   *[other] { $n }년마다
}
recur-weekdays = { $days }
recur-month-day = { $n }일
recur-last-day = 마지막 날
recur-nth-1 = 첫째 { $day }
recur-nth-2 = 둘째 { $day }
recur-nth-3 = 셋째 { $day }
recur-nth-4 = 넷째 { $day }
recur-nth-last = 마지막 { $day }
recur-count = { $n }회
recur-until = { $day }까지
recur-mo = 월요일
recur-tu = 화요일
recur-we = 수요일
recur-th = 목요일
recur-fr = 금요일
recur-sa = 토요일
recur-su = 일요일
