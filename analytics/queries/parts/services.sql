-- Every address with its service; service_no is a number for the name of the service, because numbers are grouped faster.
SELECT a.address_no, l.label_no, l.service_no
FROM sum_address a
JOIN (SELECT label_no, min(label_no) OVER (PARTITION BY service) AS service_no FROM sum_label) l USING (label_no)
